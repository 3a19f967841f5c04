import { closeSync, openSync } from 'node:fs';
import { devNull } from 'node:os';
import { resolve } from 'node:path';
import { formatMarker, markerVariable, type SpawnFailure } from '../../domain/process.ts';
import type { ReadyCommand, SpawnOptions } from '../processes.ts';
import { descriptorLimit, inheritedDescriptors } from './descriptors.ts';
import { openLog, openNotify } from './output-files.ts';
import { toLogFailure } from './spawn-failure.ts';

/** Variables by which Node talks to its own children; a service is none, and would take the number for a channel. */
const nodeChannel = ['NODE_CHANNEL_FD', 'NODE_CHANNEL_SERIALIZATION_MODE', 'NODE_UNIQUE_ID'];

/** What a service has from nobody but us. */
const notInherited: ReadonlySet<string> = new Set([...nodeChannel, 'NOTIFY_FD', markerVariable]);

export type Stdio = readonly ('ignore' | number)[];

export type Mask = (stdio: readonly ('ignore' | 'pipe' | number)[]) => ('ignore' | 'pipe' | number)[];

export type OpenedFiles = { readonly ok: true; readonly stdio: Stdio } | { readonly ok: false; readonly failure: SpawnFailure };

/** Standard input, output and error, and fd 3 when it is asked for. */
export const openFiles = ({ stdout, stderr, notify, logRoot }: SpawnOptions): OpenedFiles => {
  const isOne = resolve(stdout) === resolve(stderr);
  const files = [
    { path: stdout, open: () => openLog(logRoot, stdout) },
    ...(isOne ? [] : [{ path: stderr, open: () => openLog(logRoot, stderr) }]),
    ...(notify === null ? [] : [{ path: notify, open: () => openNotify(notify) }]),
  ];
  const fds: number[] = [];
  for (const { path, open } of files) {
    try {
      fds.push(open());
    } catch (error) {
      for (const fd of fds) closeSync(fd);
      return { ok: false, failure: toLogFailure(error, path) };
    }
  }
  const output: 'ignore' | number = fds[0] ?? 'ignore';
  return { ok: true, stdio: ['ignore', output, ...(isOne ? [output] : []), ...fds.slice(1)] };
};

export const closeFiles = (stdio: Stdio): void => {
  for (const fd of new Set(stdio)) if (fd !== 'ignore') closeSync(fd);
};

/** Above it an array with a place for each descriptor would cost more than it is worth; nobody inherits such numbers. */
const highestMasked = 4096;
/** The child needs a few numbers above the highest while its descriptors are put in place. */
const spareDescriptors = 16;

/**
 * A descriptor that our own parent left open in us goes to every child, and Node has no call that would close it there.
 * What can be done from here is to put the null device in its place. `closeInheritedDescriptors` is the better cure.
 */
export const createMask = (): Mask => {
  const highest = Math.min(highestMasked, descriptorLimit() - spareDescriptors);
  const inherited = inheritedDescriptors().filter((fd) => fd <= highest);
  const nothing = inherited.length === 0 ? null : openSync(devNull, 'r+');
  return (stdio) => {
    const masked = [...stdio];
    if (nothing === null) return masked;
    for (const fd of inherited) {
      while (masked.length <= fd) masked.push('ignore');
      if (fd >= stdio.length) masked[fd] = nothing;
    }
    return masked;
  };
};

export const toProgram = (command: ReadyCommand): { readonly program: string; readonly args: readonly string[] } => {
  if (!('line' in command)) return command;
  return process.platform === 'win32'
    ? { program: process.env.ComSpec ?? 'cmd.exe', args: ['/d', '/s', '/c', command.line] }
    : { program: '/bin/sh', args: ['-c', command.line] };
};

export const toEnvironment = ({ env, marker, notify }: SpawnOptions): Record<string, string> => {
  const own = Object.create(null) as Record<string, string>;
  // The marker stands first, where a scan that looks for it finds it soonest.
  own[markerVariable] = formatMarker(marker);
  for (const name of Object.keys(env)) if (!notInherited.has(name)) own[name] = env[name] ?? '';
  if (notify !== null) own.NOTIFY_FD = '3';
  return own;
};
