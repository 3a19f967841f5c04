import { readdirSync } from 'node:fs';
import type { StackSnapshot } from '../../domain/snapshot.ts';
import { startWatch } from '../../runtime/clock.ts';
import { pause } from '../../runtime/processes/pause.ts';
import { socketPath } from '../../runtime/runtime-dir.ts';
import type {
  ActionResult,
  BootReport,
  DashboardAddress,
  DownResult,
  PreviewResult,
  Refusal,
  ServiceUsage,
  StackControl,
  Why,
} from '../control.ts';
import { readVersion } from '../version.ts';
import { type Link, openLink, RequestRefused } from './link.ts';
import { socketName, tellVersions } from './protocol.ts';

export type ConnectOptions = {
  /** Of this muster. */
  readonly version?: string;
  /** How long a supervisor may take to answer at all, in milliseconds. */
  readonly patience?: number;
  /**
   * Asks for a snapshot along with the greeting, which saves a way there and back, and connects to nobody who does not answer it:
   * the first `snapshot()` resolves with it.
   */
  readonly withSnapshot?: boolean;
};

export { ConnectionLost } from './link.ts';

/** The control of a stack that another process runs. Calls reject with `ConnectionLost` when that process vanishes. */
export type RemoteControl = StackControl & {
  readonly ok: true;
  readonly pid: number;
  /** Where it was reached. */
  readonly socket: string;
  close(): void;
};

/** What even a supervisor of another version does. */
export type EndOnly = Pick<StackControl, 'down' | 'hurry'> & { close(): void };

export type NotConnected =
  /** Nobody supervises a stack here. `stale`: somebody did, and did not end in order; services may be left. */
  | { readonly ok: false; readonly why: 'none'; readonly stale: boolean; readonly reason: string }
  /** Somebody does, and does not let us in, or does not answer. */
  | { readonly ok: false; readonly why: 'refused'; readonly reason: string }
  /** Somebody of another version does. */
  | (EndOnly & {
      readonly ok: false;
      readonly why: 'version';
      readonly theirs: string;
      readonly ours: string;
      /** A sentence with both versions and what to do. */
      readonly reason: string;
    });

const usualPatience = 15_000;

/** A supervisor that has its lock makes its socket within this; also one whose socket was deleted. */
const socketPatience = 1_500;
const lookEvery = 50;

/** Connects to the supervisor that serves in this runtime folder. */
export const connectControl = async (folder: string, options: ConnectOptions = {}): Promise<RemoteControl | NotConnected> => {
  const { version = readVersion(), patience = usualPatience, withSnapshot = false } = options;
  const path = socketPath(folder, socketName);
  if (!path.ok) return { ok: false, why: 'refused', reason: path.reason };
  const passed = startWatch();
  for (;;) {
    const outcome = await tryConnect(path.path, { version, patience, withSnapshot });
    const mayPass = (outcome.state === 'absent' && hasLock(folder)) || outcome.state === 'passing';
    if (!mayPass || passed() > Math.min(socketPatience, patience)) return outcome.connection;
    await pause(lookEvery);
  }
};

/** `passing`: it has no place for us at this moment, or has hung up, as one does that ends: what is so now is looked at anew. */
type Try = { readonly state: 'final' | 'absent' | 'passing'; readonly connection: RemoteControl | NotConnected };

const tryConnect = async (path: string, { version, patience, withSnapshot }: Required<ConnectOptions>): Promise<Try> => {
  const opened = await openLink(path, version);
  if (!opened.ok) return explainFailure(path, opened.code);
  const { link } = opened;
  let isSilent = false;
  const timer = setTimeout(() => {
    isSilent = true;
    link.close();
  }, patience);
  try {
    const greeting = link.request('hello');
    const snapshot = withSnapshot ? link.request('snapshot') : null;
    // Whoever is not understood, or not let in, learns so from the answer to the greeting.
    snapshot?.catch(() => undefined);
    const { pid } = (await greeting) as { readonly pid: number };
    await snapshot;
    return { state: 'final', connection: toRemoteControl(link, { pid, socket: path, snapshot }) };
  } catch (error) {
    if (error instanceof RequestRefused && error.code === 'version') {
      const theirs = error.version ?? 'of another version';
      const reason = tellVersions(theirs, version);
      return { state: 'final', connection: { ok: false, why: 'version', theirs, ours: version, reason, ...toEndOnly(link) } };
    }
    link.close();
    const mayPass = error instanceof RequestRefused ? error.code === 'busy' : !isSilent;
    const reason = error instanceof RequestRefused ? error.message : `the supervisor behind ${path} does not answer`;
    return { state: mayPass ? 'passing' : 'final', connection: { ok: false, why: 'refused', reason } };
  } finally {
    clearTimeout(timer);
  }
};

const explainFailure = (path: string, code: string): Try => {
  switch (code) {
    case 'ENOENT':
      return { state: 'absent', connection: { ok: false, why: 'none', stale: false, reason: 'nothing is running here' } };
    case 'ECONNREFUSED':
      return {
        state: 'final',
        connection: { ok: false, why: 'none', stale: true, reason: 'the supervisor of this stack did not end in order' },
      };
    // More want to connect at this moment than the system lets wait.
    case 'EAGAIN':
      return { state: 'passing', connection: { ok: false, why: 'refused', reason: `too many connect to ${path} at once` } };
    default:
      return { state: 'final', connection: { ok: false, why: 'refused', reason: `cannot connect to ${path} (${code})` } };
  }
};

/** Whoever holds the project's lock is about to serve, or to serve again. */
const hasLock = (folder: string): boolean => {
  try {
    return readdirSync(folder).some((name) => name.startsWith('lock.'));
  } catch {
    // Without a folder there is no lock in it.
    return false;
  }
};

const toEndOnly = (link: Link): EndOnly => ({
  down: async () => {
    const result = (await link.request('down')) as DownResult;
    // It hangs up when its lock is free: another `up` may follow at once.
    await link.closed(usualPatience);
    return result;
  },
  hurry: async (level) => void (await link.request('hurry', { level })),
  close: link.close,
});

type Greeted = {
  readonly pid: number;
  readonly socket: string;
  /** Asked for already. */
  readonly snapshot: Promise<unknown> | null;
};

// What comes from a supervisor of our own version and our own user is what its types say.
const toRemoteControl = (link: Link, { pid, socket, snapshot }: Greeted): RemoteControl => {
  let ahead = snapshot;
  const takeSnapshot = (): Promise<unknown> => {
    const asked = ahead ?? link.request('snapshot');
    ahead = null;
    return asked;
  };
  return { ok: true, pid, socket, snapshot: async () => (await takeSnapshot()) as StackSnapshot, ...toActions(link) };
};

const toActions = (link: Link): Omit<RemoteControl, 'ok' | 'pid' | 'socket' | 'snapshot'> => ({
  start: async (names) => (await link.request('start', { names })) as ActionResult,
  stop: async (names, choice) => (await link.request('stop', { names, choice })) as ActionResult,
  restart: async (names) => (await link.request('restart', { names })) as ActionResult,
  why: async (name) => (await link.request('why', { name })) as Why | Refusal,
  apply: async (request) => (await link.request('apply', { request })) as ActionResult,
  preview: async (request) => (await link.request('preview', { request })) as PreviewResult,
  boot: async () => (await link.request('boot')) as BootReport | null,
  agree: async (holders) => void (await link.request('agree', { holders })),
  dashboard: async (request) => (await link.request('dashboard', request)) as DashboardAddress,
  usage: async () => (await link.request('usage')) as readonly ServiceUsage[],
  events: link.events,
  ...toEndOnly(link),
});
