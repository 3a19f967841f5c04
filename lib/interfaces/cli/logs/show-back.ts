import type { LogEnd } from '../../../domain/process.ts';
import { type Batches, keepLast, mergeByTime } from '../../../runtime/logs/merge.ts';
import { createQuietTails } from '../../../runtime/logs/quiet-tail.ts';
import type { BackReading } from '../../../runtime/logs/read-back.ts';
import type { TimedLines } from '../../../runtime/logs/timed-lines.ts';
import type { CommandContext } from '../context.ts';
import type { LogRequest } from './request.ts';
import type { LogSource } from './sources.ts';

/** `at`: epoch milliseconds; null where nobody saw the lines come. */
export type Show = (source: LogSource, texts: readonly string[], at: number | null) => void;

export type ShowBack = { readonly sources: readonly LogSource[]; readonly request: LogRequest; readonly show: Show };

/** What was written before now, by time. Resolves with where each file is to be followed from. */
export const showBack = async (
  context: CommandContext,
  { sources, request, show }: ShowBack,
): Promise<ReadonlyMap<LogSource, LogEnd>> => {
  const { stdout } = context;
  const told = { lost: new Map<string, number>(), hasUndated: false };
  const ends = new Map<LogSource, LogEnd>();
  const done = (source: LogSource, reading: BackReading): void => {
    ends.set(source, reading.end());
    told.hasUndated ||= reading.hasUndated();
    if (reading.lost() > 0) told.lost.set(source.name, (told.lost.get(source.name) ?? 0) + reading.lost());
    reading.close();
  };
  const open = async (source: LogSource): Promise<BackReading> => {
    // What it needs takes longer to load than most logs take to read.
    const { openReadBack } = await import('../../../runtime/logs/read-back.ts');
    return openReadBack({
      path: source.path,
      count: request.tail,
      wants: request.wants,
      since: request.since === null ? null : Date.now() - request.since,
      isFollowed: request.follow,
    });
  };
  const print = async (logs: readonly (readonly [LogSource, Batches])[]): Promise<void> => {
    let waiting = 0;
    for await (const { source, lines } of mergeByTime(logs)) {
      show(source, lines.texts, lines.at);
      waiting += lines.texts.length;
      if (waiting < linesAtOnce) continue;
      waiting = 0;
      await stdout.flush();
      if (stdout.closed.aborted) return;
    }
  };
  if (isQuick(request)) await print(await lastOfEach(await readQuickly(sources, { open, done }, request.tail), request.tail));
  else if (Number.isFinite(request.tail)) await print(await lastOfEach(await readEach(sources, { open, done }), request.tail));
  else await printWhole(sources, { open, done, print });
  await stdout.flush();
  tell(context, request, told);
  return ends;
};

/** Lines after which it is waited until they are out: whoever reads slowly must not fill the memory. */
const linesAtOnce = 500;
/** Milliseconds between two looks at what rotations moved. */
const pinEvery = 100;

type Each = {
  readonly open: (source: LogSource) => Promise<BackReading>;
  readonly done: (source: LogSource, reading: BackReading) => void;
};

type ReadLog = readonly [LogSource, readonly TimedLines[]];

/** One after the other: of a thousand services not all files can be open at once. */
const readEach = async (sources: readonly LogSource[], each: Each): Promise<ReadLog[]> => {
  const logs: ReadLog[] = [];
  for (const source of sources) logs.push([source, await readOne(source, each)]);
  return logs;
};

const readOne = async (source: LogSource, { open, done }: Each): Promise<readonly TimedLines[]> => {
  const reading = await open(source);
  const batches: TimedLines[] = [];
  for await (const lines of reading.lines) batches.push(lines);
  done(source, reading);
  return batches;
};

/** The last lines are all that is asked for. */
const isQuick = ({ tail, wants, since, follow }: LogRequest): boolean =>
  Number.isFinite(tail) && wants === null && since === null && !follow;

const readQuickly = async (sources: readonly LogSource[], each: Each, count: number): Promise<readonly ReadLog[]> => {
  const tails = createQuietTails();
  const logs = sources.map((source) => [source, tails.read(source.path, count)] as const);
  const sure: ReadLog[] = [];
  for (const [source, lines] of logs)
    sure.push([source, lines === null || tails.hasMoved(source.path) ? await readOne(source, each) : lines]);
  return sure;
};

/** The last lines of each service, whichever of its files they are in. */
const lastOfEach = async (logs: readonly ReadLog[], count: number): Promise<readonly ReadLog[]> => {
  const byService = new Map<string, ReadLog[]>();
  for (const log of logs) {
    if (log[1].length === 0) continue;
    const ofService = byService.get(log[0].name);
    if (ofService === undefined) byService.set(log[0].name, [log]);
    else ofService.push(log);
  }
  const last: ReadLog[] = [];
  // Of one file they are the last ones already.
  for (const files of byService.values()) last.push(...(files.length === 1 ? files : await keepLast(files, count)));
  return last;
};

type Whole = Each & { readonly print: (logs: readonly (readonly [LogSource, Batches])[]) => Promise<void> };

/** All of them together, as much of each at a time as is shown. */
const printWhole = async (sources: readonly LogSource[], { open, done, print }: Whole): Promise<void> => {
  const readings: [LogSource, BackReading][] = [];
  const pinning = setInterval(() => {
    for (const [, reading] of readings) reading.pin();
  }, pinEvery);
  try {
    for (const source of sources) readings.push([source, await open(source)]);
    await print(readings.map(([source, reading]) => [source, reading.lines]));
  } finally {
    clearInterval(pinning);
    for (const [source, reading] of readings) done(source, reading);
  }
};

type Told = { readonly lost: ReadonlyMap<string, number>; readonly hasUndated: boolean };

const tell = ({ stderr }: CommandContext, { span }: LogRequest, { lost, hasUndated }: Told): void => {
  for (const [name, bytes] of lost) stderr.line(`muster: ${bytes} bytes of ${name} were rotated away before they could be read`);
  if (span !== null && hasUndated)
    stderr.line(`muster: when some of these lines came is not recorded; shown are those that may be of the last ${span}`);
};
