import type { StackSnapshot } from '../../../domain/snapshot.ts';
import { createMask, type Mask } from '../attach/mask.ts';
import type { CommandContext, ReadStack } from '../context.ts';

/** Takes known secrets out of what services printed; the files keep what was written. */
export type Hiding = {
  readonly mask: Mask;
  /** From what was read of the stack's file. */
  learn(read: ReadStack): void;
  /** What a running stack hides; its file is only read when it hides anything. */
  learnFrom(snapshot: Pick<StackSnapshot, 'hides' | 'environment' | 'services'>): Promise<void>;
};

export const createHiding = ({ read }: Pick<CommandContext, 'read'>): Hiding => {
  const masks: Mask[] = [];
  const learn = ({ stack, secrets }: ReadStack): void => {
    if (stack !== null) masks.push(createMask(stack, secrets));
  };
  return {
    mask: (text) => masks.reduce((rest, mask) => mask(rest), text),
    learn,
    learnFrom: async ({ hides, environment, services }) => {
      if (hides === true) learn(await read({ environment, checkSystem: false, also: services.map(({ name }) => name) }));
    },
  };
};
