import type { StackSnapshot } from '../../../domain/snapshot.ts';
import { readVariables } from '../../../runtime/processes/variables.ts';
import { looksSecret } from '../../../util/secrets.ts';
import { createGrowingMask, type Mask, type Secrets } from '../../control/mask.ts';
import type { CommandContext, ReadStack } from '../context.ts';

/** Takes known secrets out of what services printed; the files keep what was written. */
export type Hiding = {
  readonly mask: Mask;
  /** From what was read of the stack's file. */
  learn(read: ReadStack): void;
  /** What a running stack hides; its file is only read when it hides anything. */
  learnFrom(snapshot: Pick<StackSnapshot, 'hides' | 'environment' | 'services'>): Promise<void>;
};

export const createHiding = ({ read, env }: Pick<CommandContext, 'read' | 'env'>): Hiding => {
  const hidden = createGrowingMask();
  hidden.learnCaller(env);
  const learn = ({ stack, secrets }: ReadStack): void => {
    if (stack !== null) hidden.learnStack(stack, secrets);
  };
  return {
    mask: hidden.mask,
    learn,
    learnFrom: async ({ hides, environment, services }) => {
      if (hides !== true) return;
      const now = await read({ environment, checkSystem: false, also: services.map(({ name }) => name) });
      learn(now);
      hidden.learn(services.flatMap((service) => variablesOf(service, now.secrets)));
    },
  };
};

/** What is secret of that which a process was started with: its file may say another value by now. */
const variablesOf = (
  { name, pid }: Pick<StackSnapshot['services'][number], 'name' | 'pid'>,
  secrets: Secrets,
): readonly (readonly [string, string])[] =>
  pid === null
    ? []
    : [...readVariables(pid)].filter(([variable]) => looksSecret(variable) || secrets.get(name)?.has(variable) === true);
