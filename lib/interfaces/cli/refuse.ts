import { allNames, findByName, toGrouped } from '../../domain/replicas.ts';
import type { ServiceName } from '../../domain/service.ts';
import type { StackSnapshot } from '../../domain/snapshot.ts';
import { didYouMean } from '../../util/did-you-mean.ts';
import { toSafeText } from '../../util/terminal-text.ts';
import type { Refusal } from '../control.ts';
import { toCommandLine } from './connect.ts';
import type { CommandContext } from './context.ts';
import { tellRefusal, tellUnknown } from './render/actions.ts';
import { suggestFor } from './render/status.ts';

type Refused = {
  readonly refusal: Refusal;
  /** What the user typed, for messages. */
  readonly command: string;
  readonly names: readonly ServiceName[];
  readonly snapshot: Pick<StackSnapshot, 'environment' | 'services'>;
};

/** Tells why nothing was done, and answers with the exit code. */
export const refuse = async (context: CommandContext, { refusal, command, names, snapshot }: Refused): Promise<number> => {
  const { args, stdout, stderr } = context;
  const hint = refusal.kind === 'unknown-service' ? await tellAbsent(context, snapshot, refusal.name) : null;
  if (args.flag('json')) stdout.line(JSON.stringify({ ok: false, refusal, ...(hint === null ? {} : { hint }) }));
  else
    stderr.lines(
      hint === null ? tellRefusal(refusal, { command, named: names, known: snapshot.services.map(({ name }) => name) }) : [hint],
    );
  return refusal.kind === 'unknown-service' ? 2 : 1;
};

type Unknown = Pick<Refused, 'command'> & { readonly name: string; readonly snapshot: StackSnapshot };

/** The stack that runs has no service of that name. */
export const refuseUnknown = (context: CommandContext, { name, command, snapshot }: Unknown): Promise<number> => {
  const refusal: Refusal = { kind: 'unknown-service', name, suggestion: suggestFor(snapshot, name) };
  return refuse(context, { refusal, command, names: context.args.positionals, snapshot });
};

/** What to say of the first of these names that the file does not have; null: it has them all, or cannot be read. */
export const tellUnknownInFile = async (context: CommandContext, names: readonly ServiceName[]): Promise<string | null> => {
  if (names.length === 0) return null;
  const { stack } = await context.read({ checkSystem: false, allProfiles: true, isTold: true });
  if (stack === null) return null;
  const known = [...stack.services.values()].map(toGrouped);
  const unknown = names.find((name) => findByName(known, name).length === 0);
  return unknown === undefined ? null : tellUnknown(unknown, didYouMean(unknown, allNames(known)), allNames(known));
};

/** Of one that the file does not have, where nothing runs. */
export const refuseAbsent = ({ args, stdout, stderr }: CommandContext, name: ServiceName, told: string): number => {
  if (args.flag('json')) stdout.line(JSON.stringify({ ok: false, refusal: { kind: 'unknown-service', name, suggestion: null } }));
  else stderr.line(told);
  return 2;
};

/**
 * What to say of a service that the stack that runs does not have, though the file has it: why it takes no part, and what to
 * type. Null: the file does not have it either, or cannot be read, which is `check`'s business.
 */
const tellAbsent = async (
  context: CommandContext,
  { environment }: Pick<StackSnapshot, 'environment'>,
  name: string,
): Promise<string | null> => {
  // Alone: services of different profiles may well exclude each other, as by the same port.
  const request = { only: [name], noDeps: true, checkSystem: false, environment, isTold: true };
  const { stack } = await context.read(request);
  const services = stack?.services ?? new Map<never, never>();
  const [found] = findByName([...services.values()].map(toGrouped), name);
  const service = found === undefined ? undefined : services.get(found);
  if (service === undefined) return null;
  const { profiles } = service;
  const what = `muster: service "${safe(name)}"`;
  const start = `"${toCommandLine(context, ['up', name])}" starts it`;
  const [profile] = profiles;
  if (profile === undefined) return `${what} is in the file, but not in the stack that runs; ${start}`;
  const names = profiles.map((each) => `"${safe(each)}"`).join(', ');
  const reason = profiles.length === 1 ? `its profile ${names} is not active` : `none of its profiles is active (${names})`;
  return `${what} is not in the stack that runs: ${reason}; ${start}, "${toCommandLine(context, ['up', '--profile', profile])}" all of that profile`;
};

const safe = (text: string): string => toSafeText(text, { colours: false });
