/** Failures and refusals as sentences. One place, so that the terminal, the API and the memory say the same. */

import type { Exit, Misplaced, PortHolder, PortRefusal, SpawnFailure, Survivor } from './process.ts';
import type { Ms } from './service.ts';
import type { AttemptCause, Failure } from './state.ts';

/** A point in time for people ("10:02"), from epoch milliseconds. Null where no times are told. */
export type ToTime = ((epoch: number) => string) | null;

/** `850 ms`, `4.2 s`, `1m 30s`, `2h 5m`, `3d 4h`: as precise as people read it. */
export const formatDuration = (ms: Ms): string => {
  const whole = Math.max(0, Math.round(ms));
  if (whole < 1000) return `${whole} ms`;
  const tenths = Math.round(ms / 100) / 10;
  if (tenths < 60) return `${tenths.toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${seconds % 60}s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)}h ${minutes % 60}m`;
  const hours = Math.round(minutes / 60);
  return `${Math.floor(hours / 24)}d ${hours % 24}h`;
};

export const describeExit = ({ code, signal }: Exit): string => {
  if (signal !== null) return `was ended by ${signal}`;
  return code === null ? 'died unseen, exit code unknown' : `exited with code ${code}`;
};

/** `src/a.js changed`; of one that follows another, whose file it was. */
export const describeCause = (cause: AttemptCause): string => {
  if (cause.kind === 'unhealthy') return `became unhealthy: ${cause.detail}`;
  const { file, more, of } = cause;
  const changed = more === 0 ? `${file} changed` : `${file} and ${more} other ${more === 1 ? 'file' : 'files'} changed`;
  return of === null ? changed : `${of} was restarted: ${changed}`;
};

export const describeMisplaced = ({ declared, real, at }: Misplaced): string => {
  if (at !== undefined) return `listens on ${tellAddress(at.address, real)}, not on ${at.host}`;
  return `declares port ${declared.join(', ')}, but listens on ${real.join(', ')}`;
};

/** `[::1]:3000`; of several ports each. */
export const tellAddress = (address: string, ports: readonly number[]): string =>
  ports.map((port) => `${address.includes(':') ? `[${address}]` : address}:${port}`).join(', ');

/** What a service did, to follow its name: a clause that has a subject of its own is what it failed of. */
export const toPredicate = (clause: string): string => (isPredicate(clause) ? clause : `failed: ${clause}`);

export const isPredicate = (clause: string): boolean => /^(?:was|died|exited|became|could|did) /.test(clause);

/** What went wrong, as one clause: "exited with code 1 before it was ready", "port 3000 is held by another process". */
export const describeFailure = (failure: Failure, toTime: ToTime = null): string => {
  switch (failure.kind) {
    case 'exited':
      return `${describeExit(failure.exit)}${failure.beforeReady ? ' before it was ready' : ''}`;
    case 'not-ready':
      return `${failure.awaited === 'end' ? 'did not end' : 'was not ready'} within ${formatDuration(failure.after)}${failure.lastProbe === null ? '' : `: ${failure.lastProbe}`}${failure.misplaced === undefined ? '' : `; it ${describeMisplaced(failure.misplaced)}`}`;
    case 'spawn':
      return describeSpawnFailure(failure.failure);
    case 'hook':
      return `its ${failure.hook} hook ${failure.end.how}${failure.end.said === null ? '' : `: ${failure.end.said}`}`;
    case 'port':
      return describeRefusal(failure.refusal, toTime);
    case 'unhealthy':
      return describeCause(failure);
    case 'boot-timeout':
      return `was given up: the boot took longer than ${formatDuration(failure.after)}${failure.last === null ? '' : `; its last try ${toPredicate(describeFailure(failure.last, toTime))}`}`;
    case 'survived':
      return `could not be stopped: ${describeSurvivors(failure.survivors)}`;
    case 'earlier':
      return failure.said;
  }
};

const describeSpawnFailure = ({ message, searched, said }: SpawnFailure): string =>
  `${message}${searched === undefined ? '' : ` (${searched})`}${said === undefined ? '' : `; it said: ${said}`}`;

/** The same for the memory, which keeps no value of the environment, no output of a program and no command line of others. */
export const describeFailureBriefly = (failure: Failure): string => {
  switch (failure.kind) {
    case 'not-ready':
      return describeFailure({ ...failure, lastProbe: null });
    case 'spawn':
      return failure.failure.message;
    case 'hook':
      return describeFailure({ ...failure, end: { ...failure.end, said: null } });
    case 'port':
      return `port ${failure.refusal.port} was not free`;
    case 'unhealthy':
      return 'became unhealthy';
    case 'survived':
      return 'could not be stopped';
    case 'boot-timeout':
      return describeFailure({ ...failure, last: null });
    case 'exited':
    case 'earlier':
      return describeFailure(failure);
  }
};

/** Of what `describeFailureBriefly` has said: nothing was started, since somebody else had the port. */
export const isAboutPort = (reason: string | null): boolean => /^port \d+ was not free$/.test(reason ?? '');

/** At most three by name. */
export const describeSurvivors = (survivors: readonly Survivor[]): string => {
  const named = survivors
    .slice(0, 3)
    .map(({ pid, command, user }) => `pid ${pid} (${command})${user === null ? '' : ` of user ${user}`}`);
  const rest = survivors.length - named.length;
  if (named.length === 0) return 'something of it still runs';
  return `${named.join(', ')}${rest === 0 ? '' : ` and ${rest} more`} still ${survivors.length === 1 ? 'runs' : 'run'}`;
};

/** `port 3000 is held by pid 812 (node server.js), user ann, since 10:02`. */
export const describeRefusal = ({ port, holders, why }: PortRefusal, toTime: ToTime = null): string => {
  const who = holders.map((holder) => describeHolder(holder, toTime)).join(' and ');
  switch (why) {
    case 'stranger':
      return `port ${port} is held by ${who === '' ? 'another process' : who}`;
    case 'invisible':
      return `port ${port} is held by a process that cannot be seen from here${invisibleUser(holders)}`;
    case 'stuck':
      return `port ${port} is still held by ${who === '' ? 'what an earlier run left' : who}, which was asked to end and does not let go`;
    case 'none-free':
      return `no free port was found from ${port} on`;
    case 'service-said-in-use':
      return `it says that port ${port} is in use${who === '' ? '' : `, which is held by ${who}`}`;
  }
};

export const describeHolder = (holder: PortHolder, toTime: ToTime = null): string => {
  const { process, command, user, uid, since, marker, root } = holder;
  const name = process === null ? 'an unseen process' : `pid ${process.pid}`;
  const owner = user ?? (uid === null ? null : String(uid));
  return [
    `${name}${command === null ? '' : ` (${command})`}`,
    marker === null ? null : `service ${marker.service} of ${root === undefined ? 'a muster stack' : `the stack in ${root}`}`,
    owner === null ? null : `user ${owner}`,
    since === null || toTime === null ? null : `since ${toTime(since)}`,
  ]
    .filter((part) => part !== null)
    .join(', ');
};

const invisibleUser = (holders: readonly PortHolder[]): string => {
  const holder = holders.find(({ user, uid }) => user !== null || uid !== null);
  return holder === undefined ? '' : `, of user ${holder.user ?? String(holder.uid)}`;
};
