import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { programPath } from './procs.ts';
import type { CallKind } from './strace.ts';

/** A library that is loaded into a process and kills it at one of its calls, at no cost to all the others. */
export type Killer = {
  /** For `through`: SIGKILL in the instant before a thread makes its nth call of this kind. With one thread for all calls on files. */
  readonly at: (kind: CallKind, nth: number) => readonly string[];
  /** For `through`: nobody is killed, and the calls are counted. */
  readonly counting: (file: string) => readonly string[];
  /** How many calls of a kind the thread made that made most of them. */
  readonly countsIn: (file: string) => ReadonlyMap<CallKind, number>;
  /** Of a process that it is loaded into; see dies-at-call.c. */
  readonly environment: (asked: Asked) => Readonly<Record<string, string>>;
  readonly remove: () => void;
};

type Asked = { readonly DIES_AT: string } | { readonly CALLS_TO: string };

/** Null where there is no compiler for it, and where it knows nothing of the system. */
export const createKiller = (): Killer | null => {
  if (process.platform !== 'linux') return null;
  const folder = mkdtempSync(join(tmpdir(), 'muster-killer-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  const library = join(folder, 'dies-at-call.so');
  const { status } = spawnSync('cc', [
    '-O1',
    '-shared',
    '-fPIC',
    '-o',
    library,
    programPath('dies-at-call.c'),
    '-ldl',
    '-pthread',
  ]);
  if (status !== 0) {
    remove();
    return null;
  }
  const environment = (asked: Asked) => ({ LD_PRELOAD: library, ...asked });
  const withEnvironment = (asked: Asked): readonly string[] => [
    'env',
    ...Object.entries(environment(asked)).map(([name, value]) => `${name}=${value}`),
  ];
  return {
    at: (kind, nth) => withEnvironment({ DIES_AT: `${kind}:${nth}` }),
    counting: (file) => withEnvironment({ CALLS_TO: file }),
    countsIn: (file) =>
      new Map(
        [...readFileSync(file, 'utf8').matchAll(/^(\w+) (\d+)$/gm)].map(([, kind, count]) => [kind as CallKind, Number(count)]),
      ),
    environment,
    remove,
  };
};
