import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, closeSync, constants, existsSync, fstatSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { dataStart } from '../../lib/runtime/logs/file-facts.ts';

/** A folder on the file system under `base`, and its end. */
export const createFolder = (base: string = tmpdir()): { readonly path: string; remove(): void } => {
  const folder = mkdtempSync(path.join(base, 'muster-logs-'));
  return { path: folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
};

/** Folders on different kinds of file systems: where a rotation can cut the front off, and where it can only punch it out. */
export const bases = (): readonly string[] =>
  [tmpdir(), '/dev/shm'].filter((base) => {
    try {
      accessSync(base, constants.W_OK);
      return true;
    } catch {
      return false;
    }
  });

// Appends numbered lines as a service does, one write each, and pauses now and then so that the flood lasts.
const writerProgram = `
const { openSync, writeSync } = require('node:fs');
const [path, count, pause] = process.argv.slice(1);
const fd = openSync(path, 'a');
for (let number = 0; number < Number(count); number += 1) {
  writeSync(fd, 'line ' + number + ' ' + '.'.repeat(number % 97) + '\\n');
  if (number % Number(pause) === 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
}
`;

export type Writer = { readonly child: ChildProcess; readonly done: Promise<unknown> };

export const startWriter = (file: string, count: number, pause = 1000): Writer => {
  const child = spawn(process.execPath, ['-e', writerProgram, file, String(count), String(pause)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return { child, done: once(child, 'exit') };
};

/** What a reader of the log sees: without the hole that a rotation may have left in front. */
export const readLive = (file: string): Buffer => {
  const fd = openSync(file, 'r');
  try {
    return readFileSync(file).subarray(dataStart(fd, fstatSync(fd)));
  } finally {
    closeSync(fd);
  }
};

/** Kept files and live file in the order in which they were written. */
export const readWhole = (file: string): string => {
  const parts: Buffer[] = existsSync(file) ? [readLive(file)] : [];
  for (let number = 1; existsSync(`${file}.${number}`); number += 1) parts.unshift(readFileSync(`${file}.${number}`));
  return Buffer.concat(parts).toString('utf8');
};

/** The numbers of the writer's lines, or the first line that is none. */
export const numbersOf = (lines: readonly string[]): readonly (number | string)[] =>
  lines.map((line) => {
    const match = /^line (\d+) (\.*)$/.exec(line);
    const number = Number(match?.[1]);
    return match?.[2]?.length === number % 97 ? number : line;
  });
