import { closeSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { readProcText } from './read-proc.ts';

const closeOnExec = 0o2000000;

/**
 * Descriptors above 2 that our own parent left open in us and that a child would get too. Node marks everything that it
 * opens itself close-on-exec, so what is not marked was inherited.
 */
export const inheritedDescriptors = (): readonly number[] => {
  if (!existsSync('/proc/self/fdinfo')) return [];
  return readdirSync('/proc/self/fd')
    .map(Number)
    .filter((fd) => fd > 2 && isInherited(fd));
};

const isInherited = (fd: number): boolean => {
  try {
    const flags = /^flags:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1] ?? '0';
    return (Number.parseInt(flags, 8) & closeOnExec) === 0;
  } catch {
    // The descriptor that listed the folder itself, closed by now.
    return false;
  }
};

/** How many this process may have: every number is below it, except those that were opened under a higher limit. */
export const descriptorLimit = (): number => {
  const soft = /^Max open files\s+(\d+)/m.exec(readProcText('/proc/self/limits') ?? '')?.[1];
  return soft === undefined ? Number.MAX_SAFE_INTEGER : Number(soft);
};

/**
 * Closes them. Only for a process that is wholly ours, before anything else is opened: a supervisor that kept a pipe of
 * `$(muster up -d)` open would keep the shell waiting as long as it lives. The channel of `fork` stays.
 */
export const closeInheritedDescriptors = (): void => {
  const channel = Number(process.env.NODE_CHANNEL_FD ?? 'NaN');
  for (const fd of inheritedDescriptors()) if (fd !== channel) closeSync(fd);
};
