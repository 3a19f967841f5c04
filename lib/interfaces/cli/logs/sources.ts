import { errorLogOf, logFilesOf } from '../../../domain/log-files.ts';
import { allNames, findByName, type Grouped, toGrouped } from '../../../domain/replicas.ts';
import type { Service, ServiceName } from '../../../domain/service.ts';
import type { ServiceSnapshot } from '../../../domain/snapshot.ts';
import { plainFileAt } from '../../../runtime/logs/file-facts.ts';
import { didYouMean } from '../../../util/did-you-mean.ts';
import { connectControl, type RemoteControl } from '../../control/client.ts';
import { findPlace, isConnectionError } from '../connect.ts';
import type { CommandContext } from '../context.ts';
import { findOtherThanNamed, tellOther } from '../other-file.ts';
import { tellUnknown } from '../render/actions.ts';
import type { Hiding } from './hiding.ts';

/** A file that a service prints to. */
export type LogSource = { readonly name: ServiceName; readonly path: string; readonly stream: 'stdout' | 'stderr' };

export type LogSources =
  | {
      readonly ok: true;
      /** Those of the service that wrote last at the end. */
      readonly sources: readonly LogSource[];
      /** Null: nothing runs, or nothing that we understand. */
      readonly control: RemoteControl | null;
    }
  /** Why not, which was told; and the exit code. */
  | { readonly ok: false; readonly code: number };

/**
 * The log files of the services that were named, or of all: as the running stack has them, else as `services.yaml` says. A
 * stack of another version, or one that does not answer, has its files where the file says, too.
 */
export const findLogSources = async (context: CommandContext, hiding: Hiding): Promise<LogSources> => {
  const { args, stdout, stderr } = context;
  // Reading the file says which one it is, if it comes to that.
  const place = await findPlace(context, false);
  if (!place.ok) {
    stderr.line(`muster logs: ${place.reason}`);
    return { ok: false, code: 2 };
  }
  const found = await connectControl(place.folder, { withSnapshot: true });
  if (!found.ok && found.why === 'version') found.close();
  const control = found.ok ? found : null;
  const running = control === null ? null : await readRunning(context, control, hiding);
  const known = running ?? (await readFile(context, hiding));
  if (known === null) return { ok: false, code: 2 };
  const missing = args.positionals.some((name) => findByName(toList(known), name).length === 0);
  // One that does not take part in this run may have printed something in an earlier one.
  const all = missing ? new Map([...(await readWholeFile(context, hiding)), ...known]) : known;
  const unknown = args.positionals.find((name) => findByName(toList(all), name).length === 0);
  if (unknown !== undefined) {
    control?.close();
    const suggestion = didYouMean(unknown, allNames(toList(all)));
    if (args.flag('json')) stdout.line(toUnknownLine(unknown, suggestion));
    else stderr.line(tellUnknown(unknown, suggestion, [...all.keys()]));
    return { ok: false, code: 2 };
  }
  const wanted = args.positionals.flatMap((name) => findByName(toList(all), name));
  const names = args.positionals.length === 0 ? [...known.keys()] : [...new Set(wanted)];
  return { ok: true, sources: byLastWrite(names.flatMap((name) => all.get(name)?.sources ?? [])), control };
};

const toUnknownLine = (name: string, suggestion: ServiceName | null): string =>
  JSON.stringify({ ok: false, refusal: { kind: 'unknown-service', name, suggestion } });

type Known = ReadonlyMap<ServiceName, { readonly group: ServiceName | null; readonly sources: readonly LogSource[] }>;

const toList = (known: Known): Grouped[] => [...known].map(([name, { group }]) => ({ name, group }));

type Running = readonly Pick<ServiceSnapshot, 'name' | 'group' | 'log'>[];

const toRunning = (services: Running): Known =>
  new Map(services.map(({ name, group, log }) => [name, { group, sources: toSources(name, [log, errorLogOf(log)]) }]));

/** The files of those services of a running stack that were named, or of all. */
export const sourcesOf = (services: Running, named: readonly string[]): readonly LogSource[] => {
  const known = toRunning(services);
  const names = named.length === 0 ? [...known.keys()] : named.flatMap((name) => findByName(toList(known), name));
  return [...new Set(names)].flatMap((name) => known.get(name)?.sources ?? []);
};

/** Null: the supervisor vanished just now. */
const readRunning = async (context: CommandContext, control: RemoteControl, hiding: Hiding): Promise<Known | null> => {
  try {
    const snapshot = await control.snapshot();
    const other = findOtherThanNamed(context, snapshot);
    if (other !== null) context.stderr.line(`muster logs: ${tellOther(other)}`);
    await hiding.learnFrom(snapshot);
    return toRunning(snapshot.services);
  } catch (error) {
    if (!isConnectionError(error)) throw error;
    return null;
  }
};

const readFile = async ({ load }: CommandContext, hiding: Hiding): Promise<Known | null> => {
  const loaded = await load();
  if (loaded !== null) hiding.learn(loaded);
  return loaded === null ? null : toKnown(loaded.stack.services);
};

/** Also of services whose profile is not active. What is wrong with the file is `check`'s business, not that of old lines. */
const readWholeFile = async ({ read }: CommandContext, hiding: Hiding): Promise<Known> => {
  const whole = await read({ allProfiles: true });
  hiding.learn(whole);
  const { stack } = whole;
  return stack === null ? new Map() : await toKnown(stack.services);
};

const toKnown = (services: ReadonlyMap<ServiceName, Service>): Known =>
  new Map(
    [...services].map(([name, service]) => [name, { ...toGrouped(service), sources: toSources(name, logFilesOf(service)) }]),
  );

const toSources = (name: ServiceName, [stdout = '', stderr]: readonly string[]): LogSource[] => [
  { name, path: stdout, stream: 'stdout' },
  ...(stderr === undefined ? [] : [{ name, path: stderr, stream: 'stderr' as const }]),
];

/** When a log was written to the last time, in epoch milliseconds; 0 where there is none. */
const lastWriteOf = ({ path }: LogSource): number => plainFileAt(path)?.mtimeMs ?? 0;

const byLastWrite = (sources: readonly LogSource[]): LogSource[] => {
  const last = new Map<ServiceName, number>();
  for (const source of sources) last.set(source.name, Math.max(last.get(source.name) ?? 0, lastWriteOf(source)));
  return [...sources].sort((a, b) => (last.get(a.name) ?? 0) - (last.get(b.name) ?? 0));
};
