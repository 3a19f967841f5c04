import path from 'node:path';
import type { Change } from '../domain/events.ts';
import { isReloadable } from '../domain/lifecycle/reload.ts';
import { logFilesOf } from '../domain/log-files.ts';
import { memoryPrefix } from '../domain/memory-name.ts';
import type { Ms, ServiceName, WatchRule } from '../domain/service.ts';
import { newRecord, type RestartCause } from '../domain/state.ts';
import { decide, dueAt, forgive, newWatch, noteChange, type WatchState } from '../domain/watch/decide.ts';
import { formatDuration } from '../domain/words.ts';
import type { Timer } from '../runtime/clock.ts';
import type { FileWatch, SeenChange } from '../runtime/watcher.ts';
import type { Causes } from './actions.ts';
import type { Runtime } from './runtime.ts';
import type { Supervisor } from './supervisor.ts';

export type HotReloadOptions = {
  readonly supervisor: Supervisor;
  readonly runtime: Pick<Runtime, 'clock' | 'watchFiles'>;
  /** Restarts them and those that follow them, in order. */
  readonly restart: (causes: Causes) => void;
  /** About one service, in a clause after its name. */
  readonly onProblem: (name: ServiceName, problem: string) => void;
  /** About the watching as such, in a sentence. */
  readonly onNotice: (text: string) => void;
};

export type HotReload = {
  /** Begins to watch, or watches what the exchanged stack says from now on. */
  update(): void;
  close(): void;
};

type Watched = { readonly rule: WatchRule; state: WatchState; spawnedAt: Ms | null; readyAt: Ms | null };

/** Tells the pure decision (`domain/watch`) what changed and what time it is, and does what it says. */
export const createHotReload = (options: HotReloadOptions): HotReload => {
  const { supervisor, runtime, onProblem } = options;
  const { clock } = runtime;
  const watched = new Map<ServiceName, Watched>();
  let current = '';
  let open: FileWatch | null = null;
  let timer: Timer | null = null;
  let generation = 0;

  const setTimer = (): void => {
    timer?.cancel();
    const dues = [...watched.values()].flatMap(({ state, rule }) => dueAt(state, rule.debounce) ?? []);
    timer = dues.length === 0 ? null : clock.setTimer(Math.max(0, Math.min(...dues) - clock.now()), decideAll);
  };

  const onChange = ({ file, exists, names }: SeenChange): void => {
    const at = clock.now();
    for (const name of names) {
      const each = watched.get(name);
      // What does not run and is not meant to finds the newest files when it starts.
      const isWanted = supervisor.records.get(name)?.desired === 'running';
      if (each !== undefined && isWanted) each.state = noteChange(each.state, { file, exists, at });
    }
    // While one is set it only wakes too early, and is set anew then: a burst sets no timer for each of its files.
    if (timer === null) setTimer();
  };

  /** Those whose files changed together are restarted together, in one ordered wave. */
  const decideAll = (): void => {
    const now = clock.now();
    const causes = new Map<ServiceName, RestartCause>();
    const isBusy = open?.isBusy() ?? false;
    for (const [name, each] of watched) {
      const { rule, spawnedAt, readyAt } = each;
      const isStarting = supervisor.records.get(name)?.state.kind === 'starting';
      const { state, verdict } = decide(each.state, { now, debounce: rule.debounce, spawnedAt, readyAt, isStarting, isBusy });
      each.state = state;
      const isOld = isReloadable(supervisor.records.get(name) ?? newRecord);
      if (verdict.kind === 'restart' && isOld)
        causes.set(name, { kind: 'watch', file: verdict.file, more: verdict.more, of: null });
      else if (verdict.kind === 'pause') {
        onProblem(name, tellPause(name, verdict));
        supervisor.post({ name, event: { type: 'watchPaused', file: verdict.file } });
      } else if (verdict.kind === 'restless')
        onProblem(name, `${verdict.file} does not stop changing; it restarts after ${formatDuration(rule.debounce)} of rest`);
    }
    setTimer();
    if (causes.size > 0) options.restart(causes);
  };

  const note = (changes: readonly Change[]): void => {
    for (const { name, before, after, event, at } of changes) {
      const each = watched.get(name);
      if (each === undefined) continue;
      if (event.type === 'spawned') each.spawnedAt = at;
      if (before.state.kind === 'starting' && after.state.kind === 'ready') each.readyAt = at;
      if (isByHand(event)) each.state = forgive(each.state);
    }
  };

  /** What was watched before is watched until the new watch stands. What a rule that has changed since means is no news. */
  const begin = async (): Promise<void> => {
    generation += 1;
    const own = generation;
    if (watched.size === 0) {
      open?.close();
      open = null;
      return;
    }
    const { stack } = supervisor;
    const rules = new Map([...watched].map(([name, { rule }]) => [name, rule]));
    const isCurrent = (name: ServiceName): boolean => watched.get(name)?.rule === rules.get(name);
    const logs = [...stack.services.values()].flatMap(logFilesOf);
    const started = await runtime.watchFiles({
      root: stack.root,
      services: [...watched].map(([name, { rule }]) => ({ name, rule })),
      neverFiles: stack.files,
      never: [...logs, path.join(stack.root, memoryPrefix), path.join(stack.root, 'logs', 'muster.log')],
      clock,
      onChange: (change) => onChange({ ...change, names: change.names.filter(isCurrent) }),
      onProblem: options.onNotice,
    });
    if (own !== generation) {
      started.close();
      return;
    }
    open?.close();
    open = started;
    const count = started.folders();
    options.onNotice(`watching ${count} ${count === 1 ? 'folder' : 'folders'} for ${[...watched.keys()].join(', ')}`);
  };

  const unsubscribe = supervisor.subscribe(note);
  return {
    update: () => {
      const rules = [...supervisor.stack.services.values()].flatMap(({ name, watch }) =>
        watch?.isOn === true ? [[name, watch] as const] : [],
      );
      const next = JSON.stringify(rules);
      if (next === current) return;
      current = next;
      const before = new Map(watched);
      watched.clear();
      for (const [name, rule] of rules) {
        const known = before.get(name);
        const { spawnedAt = null, readyAt = null } = known ?? {};
        const isSame = known !== undefined && JSON.stringify(known.rule) === JSON.stringify(rule);
        // What has changed and not come to rest yet is still to be acted upon.
        watched.set(name, isSame ? known : { rule, state: newWatch, spawnedAt, readyAt });
      }
      setTimer();
      begin().catch((error: unknown) =>
        options.onNotice(`files are not watched: ${error instanceof Error ? error.message : String(error)}`),
      );
    },
    close: () => {
      generation += 1;
      unsubscribe();
      timer?.cancel();
      open?.close();
      open = null;
      watched.clear();
    },
  };
};

const isByHand = (event: Change['event']): boolean =>
  event.type === 'startRequested' ||
  event.type === 'watchResumed' ||
  (event.type === 'restartRequested' && event.because === undefined);

const tellPause = (name: ServiceName, { file, after }: { readonly file: string; readonly after: number }): string =>
  `changes ${file} itself, as it seems: ${after} restarts in a row because of it; its files are not watched until ${name} is started or restarted by hand; exclude it by "!${path.basename(file)}"`;
