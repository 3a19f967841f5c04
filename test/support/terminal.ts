import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { createProcesses } from '../../lib/runtime/processes/create.ts';
import { readIdentity } from '../../lib/runtime/processes/read-identity.ts';
import { afterEveryTest } from './after-each.ts';
import { musterCommand, type Project } from './cli.ts';
import { until } from './procs.ts';

/** A pseudo-terminal of 120 × 40 with a program in it: what comes out of it goes to stdout, what comes in is typed. */
const relay = `
import fcntl, os, pty, select, struct, sys, termios
pid, fd = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack('HHHH', 40, 120, 0, 0))
os.write(2, b'pid %d\\n' % pid)
while True:
    ready = select.select([fd, 0], [], [])[0]
    if fd in ready:
        try:
            data = os.read(fd, 65536)
        except OSError:
            break
        if not data:
            break
        os.write(1, data)
    if 0 in ready:
        typed = os.read(0, 1024)
        if not typed:
            os.close(fd)
            break
        os.write(fd, typed)
status = os.waitpid(pid, 0)[1]
sys.exit(os.waitstatus_to_exitcode(status) & 255)
`;

export const hasTerminals = (): boolean => spawnSync('python3', ['-c', 'import pty, os; os.waitstatus_to_exitcode']).status === 0;

export type Terminal = {
  readonly pid: number;
  /** Everything that was printed so far, without control sequences. */
  readonly text: () => string;
  /** The same with its control sequences. */
  readonly raw: () => string;
  readonly shows: (pattern: RegExp) => Promise<void>;
  readonly type: (keys: string) => void;
  /** Closes the window. */
  readonly hangUp: () => void;
  /** The exit code; 241 is an end by SIGTERM, 255 by SIGHUP. */
  readonly exited: Promise<number | null>;
};

type Open = { readonly child: ChildProcess; readonly pid: () => number };

const open = new Set<Open>();

/** `muster` with these arguments in a terminal of its own. */
export const openTerminal = (
  project: Project,
  args: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Promise<Terminal> => openProgram(project, [process.execPath, ...musterCommand(), ...args], more);

/** Any program in a terminal of its own. */
export const openProgram = async (
  { folder }: Project,
  command: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Promise<Terminal> => {
  const base = dirname(folder);
  const child = spawn('python3', ['-c', relay, ...command], {
    cwd: folder,
    env: {
      PATH: process.env.PATH ?? '',
      HOME: base,
      LANG: 'C.UTF-8',
      TERM: 'xterm-256color',
      XDG_RUNTIME_DIR: join(base, 'run'),
      ...more,
    },
    stdio: 'pipe',
  });
  let output = '';
  let told = '';
  let hasEnded = false;
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    told += chunk;
  });
  child.stdin.on('error', () => undefined);
  const exited = once(child, 'close').then(([code]) => {
    hasEnded = true;
    return code as number | null;
  });
  const pid = (): number => Number(/pid (\d+)/.exec(told)?.[1] ?? -1);
  open.add({ child, pid });
  await until('the terminal is open', () => hasEnded || pid() > 0);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is taken away.
  const text = (): string => output.replaceAll(/\u001B\[[0-9;?]*[A-Za-z]/g, '').replaceAll('\r', '');
  return {
    pid: pid(),
    text,
    raw: () => output,
    shows: async (pattern) => {
      await until(`the terminal shows ${pattern}`, () => hasEnded || pattern.test(text())).catch((error: Error) => {
        throw new Error(`${error.message}\n${text()}`);
      });
      if (!pattern.test(text())) throw new Error(`ended without showing ${pattern}:\n${text()}${told}`);
    },
    type: (keys) => void child.stdin.write(keys),
    hangUp: () => child.stdin.end(),
    exited,
  };
};

/** A test that failed in the middle leaves no terminal behind, and nobody in it. */
const closeTerminals = async (): Promise<void> => {
  const processes = createProcesses();
  const found = [...open].filter(({ child }) => child.exitCode === null && child.signalCode === null);
  open.clear();
  for (const { child, pid } of found) {
    // Its parent lives and has not waited for it, so the number is still its own.
    const identity = readIdentity(pid());
    if (identity !== null) process.kill(identity.pid, 'SIGKILL');
    const end = once(child, 'close');
    child.stdin?.end();
    await end;
    if (identity !== null) await until('the program in the terminal has ended', () => !processes.isAlive(identity));
  }
};

afterEveryTest(closeTerminals);
