import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Of Node 22.15 and newer: becomes another program, and does not return. */
type Execve = (file: string, args: readonly string[], env: NodeJS.ProcessEnv) => never;

/**
 * As process 1 (in a container without `--init`) everything that loses its parent becomes our child, and Node never waits for
 * what it has not started: measured, every orphan stays a zombie. So a shell that waits takes our place and starts this command
 * again. Returns only where that is not possible, with what to tell the user; null: we are not the first process.
 */
export const giveWayToReaper = (isFirst: boolean = process.pid === 1): string | null => {
  if (!isFirst || process.platform === 'win32') return null;
  const { execve } = process as unknown as { readonly execve?: Execve };
  const script = findScript();
  if (execve === undefined || script === null || !existsSync(shell)) return advice;
  execve(shell, ['sh', script, process.execPath, ...process.execArgv, ...process.argv.slice(1)], process.env);
  return advice;
};

const shell = '/bin/sh';

const advice =
  'process 1 here is Node, which leaves every orphan a zombie; start it with "docker run --init", or as "muster-init muster …"';

/** The bundle lies in `dist` or a folder of it, the sources three folders deep. */
const findScript = (): string | null =>
  ['..', '../..', '../../..'].map((up) => join(import.meta.dirname, up, 'bin', 'muster-init.sh')).find(existsSync) ?? null;
