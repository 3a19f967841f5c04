import path from 'node:path';
import { exitCodeOf } from '../../../domain/outcome.ts';
import type { ServiceName, Stack } from '../../../domain/service.ts';
import type { StackSnapshot } from '../../../domain/snapshot.ts';
import type { StateKind } from '../../../domain/state.ts';
import { hashOfSettings } from '../../../supervisor/stack-hash.ts';
import type { ApplyRequest, BootReport, StackControl } from '../../control.ts';
import type { CommandContext } from '../context.ts';
import { exitCodeOfDone, tellRefusal } from '../render/actions.ts';

export type BringUpOptions = {
  readonly control: StackControl;
  /** Resolves with what came of the first boot. */
  readonly booted: Promise<BootReport | null>;
  /** Everything that this command is about, as its file says now. */
  readonly stack: Stack;
  readonly request: ApplyRequest;
  /** Some of the stack were named. */
  readonly isPart: boolean;
  readonly strict: boolean;
};

/** Null: the stack goes down, or its first boot was cut off. */
export type BroughtUp = {
  readonly code: number;
  readonly snapshot: StackSnapshot;
  readonly problem: string | null;
  /** The supervisor ends by itself: what came of the boot has been told, and nothing runs on. */
  readonly ends?: boolean;
} | null;

/**
 * What `up` means for a stack that runs: what is not up is started. A boot that is under way is waited for, and is the answer:
 * what failed in it a moment ago is not tried again by everybody who came for it.
 */
export const bringUp = async ({ control, booted, stack, request, isPart, strict }: BringUpOptions): Promise<BroughtUp> => {
  const names = [...stack.services.keys()];
  const before = await control.snapshot();
  const report = before.booting === true ? await booted : undefined;
  if (report === null) return null;
  if (report?.ends === true) return { code: exitCodeOf(report.outcome, strict), snapshot: before, problem: null, ends: true };
  const now = report === undefined ? before : await control.snapshot();
  const idle = names.filter((name) => isWorthAStart(now, name, before.booting === true));
  // A boot that is just over has looked at them itself.
  const mayBeStale = before.booting !== true && isDoneOnInputs(now, stack);
  const result =
    mayBeStale || isAnother(now, stack, isPart)
      ? await control.apply(request)
      : idle.length === 0
        ? null
        : await control.start(idle);
  if (result?.ok === false) {
    if (result.refusal.kind === 'stopping') return null;
    const [problem = ''] = tellRefusal(result.refusal, { command: 'up', named: names });
    return { code: 2, snapshot: now, problem };
  }
  const snapshot = result?.snapshot ?? now;
  const code = isPart
    ? exitCodeOfDone({ kind: 'start', before: now, after: snapshot, names, took: 0 })
    : exitCodeOf(snapshot.outcome, strict);
  return { code, snapshot, problem: null };
};

/** Whether the file says something else than what runs: only then is it read there, too. */
const isAnother = ({ services, settings }: StackSnapshot, stack: Stack, isPart: boolean): boolean => {
  const running = new Map(services.map(({ name, definition }) => [name, definition]));
  const differs = [...stack.services.values()].some(({ name, definitionHash }) => running.get(name) !== definitionHash);
  if (differs || isPart) return differs;
  // Of a part of the stack nobody can tell whether the rest is set as it was.
  return services.some(({ name }) => !stack.services.has(name)) || (settings !== undefined && settings !== hashOfSettings(stack));
};

/** Whether a task has done its work on inputs, which only the supervisor can compare with what they are now. */
const isDoneOnInputs = ({ services }: StackSnapshot, stack: Stack): boolean =>
  services.some(({ name, state }) => state === 'completed' && (stack.services.get(name)?.inputs ?? null) !== null);

const isWorthAStart = ({ services }: StackSnapshot, name: ServiceName, wasBooting: boolean): boolean => {
  const service = services.find((each) => each.name === name);
  // The supervisor says that it does not know it.
  if (service === undefined) return true;
  if (service.state === 'completed') return service.reason !== null;
  return wasBooting ? isUnasked.has(service.state) : !isUp.has(service.state);
};

const isUp: ReadonlySet<StateKind> = new Set(['ready', 'unhealthy']);
const isUnasked: ReadonlySet<StateKind> = new Set(['idle', 'stopped']);

/** What this command line says about which stack is meant. */
export const toApplyRequest = (
  { args, env }: Pick<CommandContext, 'args' | 'env'>,
  stack: Pick<Stack, 'root' | 'file'>,
): ApplyRequest => ({
  file: path.join(stack.root, path.basename(stack.file)),
  environment: args.text('env'),
  profiles: args.list('profile'),
  only: args.positionals,
  noDeps: args.flag('no-deps'),
  variables: Object.fromEntries(Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))),
});
