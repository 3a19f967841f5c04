import { once } from 'node:events';
import { closeSync, constants, createWriteStream, lstatSync, openSync, renameSync, type WriteStream } from 'node:fs';
import type { LogEntry, Logger } from 'winston';
import { systemClock } from './clock.ts';

/** One thing muster did or saw. No environment values, no output of services. */
export type MusterLogEntry = {
  readonly level: 'error' | 'warn' | 'info' | 'debug';
  /** In the past tense: `serviceReady`. */
  readonly event: string;
  readonly service?: string;
  readonly [detail: string]: unknown;
};

export type MusterLog = {
  /** Resolves when entries go to the file, or cannot. To load the logger blocks the event loop for 10 ms and more. */
  open(): Promise<void>;
  /** Never throws and never waits. Entries before the file is open are kept, a sensible number of them. */
  write(entry: MusterLogEntry): void;
  /** Resolves when everything is written, or cannot be. */
  close(): Promise<void>;
};

export type MusterLogOptions = {
  /** Absolute; the folder exists. */
  readonly path: string;
  /** Called at most once, with a sentence: a log that cannot be written never stops anything. */
  readonly onProblem: (reason: string) => void;
  /** True: entries wait until somebody opens it, or closes it. Else the first one opens it. */
  readonly waits?: boolean;
};

/** Above this the file of an earlier supervisor becomes `<path>.1` when a new one starts. While one runs, it is never cut: winston's own rotation loses lines. */
const rotateAbove = 5_000_000;
const longestQueue = 20_000;
/** Bytes that may wait for a disk that does not take them; more is dropped, and counted. */
const longestBacklog = 4_194_304;

const openFlags =
  constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

const openLog = (path: string): WriteStream => {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats?.isFile() && stats.size > rotateAbove) renameSync(path, `${path}.1`);
  if (stats !== undefined && !stats.isFile()) throw new Error('it is not a plain file');
  const fd = openSync(path, openFlags, 0o600);
  try {
    return createWriteStream(path, { fd });
  } catch (error) {
    closeSync(fd);
    throw error;
  }
};

type Sink = { readonly logger: Logger; readonly stream: WriteStream };

// Loaded only now: it costs more than most commands of muster take.
const openSink = async (path: string): Promise<Sink> => {
  const stream = openLog(path);
  const { createLogger, format, transports } = await import('winston');
  const line = format.printf(({ level, message: _message, ...entry }) => {
    const { at, event, ...details } = entry;
    return JSON.stringify({ at, level, event, ...details });
  });
  const logger = createLogger({ level: 'debug', format: line, transports: [new transports.Stream({ stream, eol: '\n' })] });
  return { logger, stream };
};

/** Opens muster's own log: one JSON object a line, `{at, level, event, service …}`. */
export const createMusterLog = ({ path, onProblem, waits = false }: MusterLogOptions): MusterLog => {
  const queue: LogEntry[] = [];
  let sink: Sink | null = null;
  let dropped = 0;
  let isBroken = false;
  let isClosed = false;

  const giveUp = (error: unknown): void => {
    if (isBroken) return;
    isBroken = true;
    queue.length = 0;
    onProblem(`muster's own log ${path} cannot be written: ${error instanceof Error ? error.message : String(error)}`);
  };

  const pass = ({ logger, stream }: Sink, entry: LogEntry): void => {
    if (stream.writableLength > longestBacklog) {
      dropped += 1;
      return;
    }
    if (dropped > 0)
      logger.log({
        level: 'warn',
        message: '',
        at: new Date(systemClock.wall()).toISOString(),
        event: 'logDropped',
        entries: dropped,
      });
    dropped = 0;
    logger.log(entry);
  };

  const open = async (): Promise<void> => {
    try {
      const opened = await openSink(path);
      opened.stream.on('error', giveUp);
      opened.logger.on('error', giveUp);
      sink = opened;
      for (const entry of queue.splice(0)) pass(opened, entry);
    } catch (error) {
      giveUp(error);
    }
  };

  let opening: Promise<void> | null = null;

  return {
    open: () => {
      opening ??= open();
      return opening;
    },
    write: (entry) => {
      if (isBroken || isClosed) return;
      const stamped = { ...entry, message: '', at: new Date(systemClock.wall()).toISOString() };
      if (!waits) opening ??= open();
      if (sink !== null) pass(sink, stamped);
      else if (queue.length < longestQueue) queue.push(stamped);
      else dropped += 1;
    },
    close: async () => {
      if (queue.length > 0) opening ??= open();
      await opening;
      const closing = sink;
      sink = null;
      isClosed = true;
      if (closing === null || closing.stream.destroyed) return;
      const closed = once(closing.stream, 'close').catch(() => {
        // An error of the stream was told by its own listener; closed it is either way.
      });
      closing.logger.once('finish', () => closing.stream.end());
      closing.logger.end();
      await closed;
    },
  };
};
