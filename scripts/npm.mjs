import { spawnSync } from 'node:child_process';
import path from 'node:path';

/**
 * Runs npm and waits for it. When npm started us it says where it is (`npm_execpath`), and that very npm is taken: it need
 * not be on the PATH, and on Windows it needs no shell. Another package manager puts itself there too; it is not npm.
 * @returns {{ok: boolean, reason: string}}
 */
export const runNpm = (args, options) => {
  const itself = process.env.npm_execpath ?? '';
  const isNpm = /^npm-cli\.[cm]?js$/.test(path.basename(itself));
  const done = isNpm
    ? spawnSync(process.execPath, [itself, ...args], options)
    : spawnSync('npm', args, { ...options, shell: process.platform === 'win32' });
  const reason = done.error?.message ?? done.signal ?? `exit code ${done.status}`;
  return { ok: done.status === 0, reason };
};
