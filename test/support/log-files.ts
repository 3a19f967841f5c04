import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
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

// Appends numbered lines as a service does, one write each, and pauses now and then so that the flood lasts: as many as it is
// told, or until there is a file. Then it says how many they were.
const writerProgram = `
const { existsSync, openSync, writeSync } = require('node:fs');
const [path, pause, count, enough] = process.argv.slice(1);
const fd = openSync(path, 'a');
let number = 0;
const isOver = () => number >= Number(count) || (enough !== undefined && number % Number(pause) === 0 && existsSync(enough));
while (!isOver()) {
  writeSync(fd, 'line ' + number + ' ' + '.'.repeat(number % 97) + '\\n');
  if (number % Number(pause) === 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
  number += 1;
}
console.log(number);
`;

export type Writer = { readonly child: ChildProcess; readonly done: Promise<unknown> };

export const startWriter = (file: string, count: number, pause = 1000): Writer => {
  const child = spawn(process.execPath, ['-e', writerProgram, file, String(pause), String(count)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return { child, done: once(child, 'exit') };
};

/** A writer that goes on until it has been enough. */
export type Flood = Writer & {
  /** Of how many files the log has been rotated into so far, all of which are kept. */
  readonly rotations: () => number;
  /** Lets it end; resolves with how many lines it has written. */
  readonly enough: () => Promise<number>;
};

export const startFlood = (file: string, pause = 1000): Flood => {
  const sign = `${file}-enough`;
  const child = spawn(process.execPath, ['-e', writerProgram, file, String(pause), 'Infinity', sign], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  return {
    child,
    done: closed,
    rotations: () => readdirSync(path.dirname(file)).filter((name) => /\.log\.\d+$/.test(name)).length,
    enough: async () => {
      writeFileSync(sign, '');
      await closed;
      return Number(said);
    },
  };
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
