import { spawnSync } from 'node:child_process';

/** Kinds of system calls at which a supervisor is killed, each under the names that it has on the systems that we know. */
const kinds = {
  fsync: ['fsync'],
  rename: ['rename', 'renameat', 'renameat2'],
  link: ['link', 'linkat'],
  unlink: ['unlink', 'unlinkat'],
  truncate: ['ftruncate'],
  mkdir: ['mkdir', 'mkdirat'],
  pwrite: ['pwrite64'],
  bind: ['bind'],
  listen: ['listen'],
  clone: ['clone', 'clone3', 'fork', 'vfork'],
  kill: ['kill'],
  /** Of a process, not of a thread, where threads have a call of their own. */
  fork: ['clone', 'fork', 'vfork'],
  write: ['write', 'writev'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type CallKind = keyof typeof kinds;

const callKinds = Object.keys(kinds) as readonly CallKind[];

const toList = (names: readonly string[]): string => names.map((name) => `?${name}`).join(',');

/** Children are let go of when they become another program: they are none of its business. */
const following = ['strace', '-f', '-b', 'execve', '-qq', '-o'];

/** For `through`: SIGKILL in the instant before a thread makes its nth call of this kind. With one thread for all calls on files. */
export const killedAt = (kind: CallKind, nth: number): readonly string[] => {
  const list = toList(kinds[kind]);
  return [...following, '/dev/null', '-e', `trace=${list}`, '-e', `inject=${list}:signal=KILL:when=${nth}`];
};

/** Calls that a single file is worked with, under the names that they have on the systems that we know. */
const fileKinds = {
  open: ['open', 'openat'],
  write: ['write', 'pwrite64', 'pwritev', 'writev'],
  datasync: ['fdatasync'],
  rename: ['rename', 'renameat', 'renameat2'],
  unlink: ['unlink', 'unlinkat'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type FileCall = keyof typeof fileKinds;

/** For `through`: as `killedAt`, of the calls that are about this file only. */
export const killedAtFile = (file: string, kind: FileCall, nth: number): readonly string[] => {
  const list = toList(fileKinds[kind]);
  const which = ['-P', file, '-e', `trace=${list}`];
  return [...following, '/dev/null', ...which, '-e', `inject=${list}:signal=KILL:when=${nth}`];
};

/** For `through`: writes all such calls to a file. `env`: for the traced one only. */
export const traced = (file: string, env: Readonly<Record<string, string>> = {}): readonly string[] => [
  ...following,
  file,
  ...Object.entries(env).flatMap(([name, value]) => ['-E', `${name}=${value}`]),
  '-e',
  `trace=${toList(Object.values(kinds).flat())}`,
];

/** How many calls of a kind the thread made that made most of them. */
export const countCalls = (trace: string): ReadonlyMap<CallKind, number> => {
  const counts = new Map<string, number>();
  const most = new Map<CallKind, number>();
  for (const [, thread, name] of trace.matchAll(/^(\d+) +(\w+)\(/gm)) {
    const kind = callKinds.find((each) => (kinds[each] as readonly string[]).includes(name ?? ''));
    if (kind === undefined) continue;
    const count = (counts.get(`${thread} ${kind}`) ?? 0) + 1;
    counts.set(`${thread} ${kind}`, count);
    most.set(kind, Math.max(count, most.get(kind) ?? 0));
  }
  return most;
};

/** Whether strace is there, may trace, and knows what is asked of it. */
export const canTrace = (): boolean => {
  const [command, ...args] = ['env', ...killedAt('mkdir', 1), 'mkdir', '/'];
  return spawnSync(command, args, { stdio: 'ignore' }).signal === 'SIGKILL';
};
