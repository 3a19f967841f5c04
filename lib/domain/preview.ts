import { type Difference, findDifference, type StackWithGraph } from './difference.ts';
import type { ServiceName } from './service.ts';
import type { ServiceRecord, StateKind } from './state.ts';

/** What `muster up` would do to a stack that runs. Each list in graph order, dependencies first. */
export type Preview = {
  readonly started: readonly Foreseen[];
  readonly restarted: readonly Foreseen[];
  readonly stopped: readonly ServiceName[];
  readonly kept: readonly ServiceName[];
};

/** `because`: one clause. */
export type Foreseen = { readonly name: ServiceName; readonly because: string };

export type PreviewInput = {
  readonly before: StackWithGraph;
  readonly after: StackWithGraph;
  readonly records: ReadonlyMap<ServiceName, ServiceRecord>;
  /** Which were asked for; all when empty. */
  readonly names: readonly ServiceName[];
  /** Tasks that are done, on inputs that are others by now. */
  readonly stale?: readonly ServiceName[];
};

/** Worked out by the rules of `apply`, without doing anything of it. */
export const toPreview = ({ before, after, records, names, stale = [] }: PreviewInput): Preview => {
  const difference = findDifference(before, after);
  const isWanted = (name: ServiceName): boolean => records.get(name)?.desired === 'running';
  const exchanged = new Set([...difference.changed, ...difference.following]);
  const restarted = after.graph.order.filter((name) => exchanged.has(name) && isWanted(name));
  const asked = after.graph.closureOf(names.length === 0 ? after.graph.order : [...names, ...restarted]);
  /** What starts, and what it works on starts with it: a task, too, that had done its work. */
  const begins = new Set(restarted);
  const started: Foreseen[] = [];
  for (const name of after.graph.order) {
    const kind = records.get(name)?.state.kind ?? null;
    if (!asked.has(name) || begins.has(name) || (kind !== null && isThere.has(kind))) continue;
    const isStale = kind === 'completed' && stale.includes(name);
    const isDone = kind === 'completed' && !names.includes(name) && !isStale;
    if (isDone && !after.graph.dependenciesOf(name).some(({ on }) => begins.has(on))) continue;
    begins.add(name);
    started.push({
      name,
      because: isDone ? 'what it worked on starts anew' : isStale ? 'its inputs have changed' : tellState(kind),
    });
  }
  return {
    started,
    restarted: restarted.map((name) => ({ name, because: reasonOf(name, exchanged, difference, after) })),
    stopped: difference.removed.filter(isWanted),
    kept: after.graph.order.filter((name) => !begins.has(name) && isWanted(name)),
  };
};

/** The same where all that runs is taken down first: nothing is kept. */
export const toFreshPreview = (preview: Preview): Preview => {
  const { restarted, kept } = preview;
  const because = '--fresh takes over nothing of an earlier run';
  return { ...preview, restarted: [...restarted, ...kept.map((name) => ({ name, because }))], kept: [] };
};

/** Up, or on its way. */
const isThere: ReadonlySet<StateKind> = new Set(['waiting', 'delayed', 'starting', 'ready', 'unhealthy', 'backoff']);

const tellState = (kind: StateKind | null): string => {
  if (kind === null) return 'it is new in the file';
  return stateWords[kind] ?? `it is ${kind}`;
};

const stateWords: Readonly<Partial<Record<StateKind, string>>> = {
  idle: 'it has not been started yet',
  failed: 'it has failed',
  skipped: 'it was skipped',
  completed: 'it has ended',
};

const reasonOf = (
  name: ServiceName,
  exchanged: ReadonlySet<ServiceName>,
  { changed }: Difference,
  { stack }: StackWithGraph,
): string => {
  if (changed.includes(name)) return 'its definition has changed';
  const along = stack.services.get(name)?.dependsOn.find(({ on }) => exchanged.has(on));
  return `it asks to be restarted with ${along?.on ?? 'what it needed'}`;
};
