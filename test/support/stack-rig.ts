import { existsSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { RunRecord, ServiceTimeline } from '../../lib/domain/history.ts';
import type { ProcessIdentity } from '../../lib/domain/process.ts';
import { createProject, type Project, type RunningMuster, type RunResult, startMuster } from './cli.ts';
import { assertNoMarked, programPath, projectIdsOf, until } from './procs.ts';

/** Services as they stand in `services.yaml`; JSON is YAML. */
export type Services = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** One line of `muster up --json`. */
export type StackEvent = {
  readonly at: string;
  readonly type: string;
  readonly service?: string;
  readonly state?: string;
  readonly from?: string;
  readonly detail?: string | null;
  readonly reason?: string | null;
  readonly pid?: number | null;
  readonly ports?: readonly { readonly name: string | null; readonly port: number }[];
  readonly attempt?: number;
  readonly text?: string;
  readonly verdict?: string;
  readonly causes?: readonly { readonly service: string; readonly optional: boolean; readonly skipped: readonly string[][] }[];
  readonly survivors?: readonly { readonly name: string; readonly survivors: readonly { pid: number; command: string }[] }[];
  readonly run?: RunRecord;
};

export type UpOptions = {
  readonly args?: readonly string[];
  /** Of the stack, beside its services: `defaults`, `max_parallel` … */
  readonly stack?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  /** See `RunOptions`. */
  readonly through?: readonly string[];
  /** One that is there already; its `services.yaml` is written anew. */
  readonly project?: Project;
};

/** A `muster up --json` under way, or done. */
export type Up = {
  readonly project: Project;
  readonly muster: RunningMuster;
  readonly events: () => readonly StackEvent[];
  /** Resolves with the first event of this type (of this service) that fits, also one that was there already. */
  readonly event: (type: string, service?: string, fits?: (event: StackEvent) => boolean) => Promise<StackEvent>;
  /** The boot has settled, in whatever way. */
  readonly settled: () => Promise<StackEvent>;
  readonly run: () => Promise<RunRecord>;
  /** Names of services in the order of their events of this type. */
  readonly order: (type: string) => readonly string[];
  readonly log: (service: string) => string;
  /** Everything that it said that changes no state. */
  readonly notices: () => string;
  /** Asks it to end, and waits. */
  readonly stop: (signal?: NodeJS.Signals) => Promise<RunResult>;
  /** Waits for its end, and makes sure that no process of the project is left. */
  readonly ended: () => Promise<RunResult>;
};

export const toYaml = (services: Services, stack: UpOptions['stack'] = {}): string =>
  JSON.stringify({ ...stack, services }, null, 2);

/** A program of test/programs as a `command`. */
export const program = (name: string): readonly string[] =>
  name.endsWith('.mjs') ? [process.execPath, programPath(name)] : ['sh', programPath(name)];

/** Resolves with the first thing that `find` finds; looks again whenever muster prints something. */
const awaitOutput = async <Found>(muster: RunningMuster, what: string, find: () => Found | undefined): Promise<Found> => {
  let found = find();
  let hasEnded = false;
  void muster.done.then(
    () => {
      hasEnded = true;
    },
    () => {
      hasEnded = true;
    },
  );
  await until(what, () => {
    found ??= find();
    return found !== undefined || hasEnded;
  }).catch((error: Error) => {
    throw new Error(`${error.message}\n${muster.stdout()}${muster.stderr()}`);
  });
  found ??= find();
  if (found === undefined) throw new Error(`ended without ${what}:\n${muster.stdout()}${muster.stderr()}`);
  return found;
};

export const startStack = (services: Services, options: UpOptions = {}): Up => {
  const { args = [], stack, env, files = {}, through } = options;
  const project = options.project ?? createProject();
  for (const [file, text] of Object.entries(files)) project.write(file, text);
  project.write('services.yaml', toYaml(services, stack));
  const muster = startMuster(['up', '--json', ...args], {
    cwd: project.folder,
    ...(env === undefined ? {} : { env }),
    ...(through === undefined ? {} : { through }),
  });

  const events = (): readonly StackEvent[] =>
    muster
      .stdout()
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as StackEvent);
  const event: Up['event'] = (type, service, fits = () => true) =>
    awaitOutput(muster, `${type} of ${service ?? 'the stack'}`, () =>
      events().find((each) => each.type === type && (service === undefined || each.service === service) && fits(each)),
    );
  const settled = (): Promise<StackEvent> =>
    awaitOutput(muster, 'the boot to settle', () => events().find(({ type }) => /^stack(Ready|Degraded|Failed)$/.test(type)));
  const ended = async (): Promise<RunResult> => {
    const result = await muster.done;
    await expectNothingLeft(project);
    return result;
  };
  return {
    project,
    muster,
    events,
    event,
    settled,
    run: async () => (await event('runRecorded')).run as RunRecord,
    order: (type) => events().flatMap((each) => (each.type === type ? [each.service ?? ''] : [])),
    log: (service) => readText(project.path('logs', `${service}.log`)),
    notices: () =>
      `${events()
        .flatMap(({ type, text }) => (type === 'notice' ? [text] : []))
        .join('\n')}\n${muster.stderr()}`,
    stop: (signal = 'SIGTERM') => {
      muster.signal(signal);
      return ended();
    },
    ended,
  };
};

/** Boots, and resolves when the boot has settled. */
export const bootStack = async (services: Services, options: UpOptions = {}): Promise<Up> => {
  const up = startStack(services, options);
  await up.settled();
  return up;
};

/** Empty where there is none yet. */
export const readText = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8') : '');

/** A line of text for each change that a journals.sh has told, in order. */
export const journalOf = ({ project }: Up): readonly string[] => readText(project.path('journal')).split('\n').filter(Boolean);

/** `.server_memory.json` as data. */
export const memoryOf = ({ folder }: Project) =>
  JSON.parse(readFileSync(`${folder}/.server_memory.json`, 'utf8')) as {
    readonly history: { readonly runs: readonly RunRecord[] };
    readonly supervisor: ProcessIdentity | null;
    readonly running: Readonly<Record<string, { readonly state: string; readonly process: ProcessIdentity | null }>>;
  };

/** The timeline of a service; fails when the run has none. */
export const timelineOf = ({ services }: RunRecord, name: string): ServiceTimeline => {
  const timeline = services[name];
  if (timeline === undefined) throw new Error(`the run knows no ${name}`);
  return timeline;
};

/** For messages of failed expectations: what was said. */
export const told = ({ muster }: Up): string => `${muster.stdout()}${muster.stderr()}`;

/** No process of the project is left: asked when muster has ended, before the end of the test ends whatever there is. */
export const expectNothingLeft = async ({ folder }: Project): Promise<void> => {
  for (const id of projectIdsOf(folder)) await assertNoMarked(id);
};

/** `before` stands in `list`, and ahead of `after`. */
export const expectOrder = (list: readonly string[], before: string, after: string): void => {
  expect(list, `${before} before ${after}`).to.include.members([before, after]);
  expect(list.indexOf(before), `${before} before ${after} in ${list.join(' ')}`).to.be.lessThan(list.indexOf(after));
};
