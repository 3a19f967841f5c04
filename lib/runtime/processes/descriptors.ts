import { closeSync, existsSync, fstatSync, readdirSync, readFileSync } from 'node:fs';
import { glanceAtProcText } from './read-proc.ts';

const closeOnExec = 0o2000000;
/** Of the flags, what may be done: 0 is only to read. */
const accessMode = 0o3;

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

const flagsOf = (fd: number): number =>
  Number.parseInt(/^flags:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1] ?? '0', 8);

const isInherited = (fd: number): boolean => {
  try {
    return (flagsOf(fd) & closeOnExec) === 0;
  } catch {
    // The descriptor that listed the folder itself, closed by now.
    return false;
  }
};

/** How many this process may have: every number is below it, except those that were opened under a higher limit. */
export const descriptorLimit = (): number => {
  const soft = /^Max open files\s+(\d+)/m.exec(glanceAtProcText('/proc/self/limits') ?? '')?.[1];
  return soft === undefined ? Number.MAX_SAFE_INTEGER : Number(soft);
};

/**
 * Closes them. Only for a process that is wholly ours, before anything else is opened: a supervisor that kept a pipe of
 * `$(muster up -d)` open would keep the shell waiting as long as it lives. The channel of `fork` stays, and so does what is only read
 * from a plain file: it keeps nobody waiting, and from Node 24 on a thread of Node's own may just be reading certificates
 * (NODE_EXTRA_CA_CERTS), from a descriptor that looks inherited; that number would be ours when the thread closes it.
 */
export const closeInheritedDescriptors = (): void => {
  const channel = Number(process.env.NODE_CHANNEL_FD ?? 'NaN');
  for (const fd of inheritedDescriptors()) if (fd !== channel && !isReadOnlyFile(fd)) closeSync(fd);
};

const isReadOnlyFile = (fd: number): boolean => {
  try {
    return fstatSync(fd).isFile() && (flagsOf(fd) & accessMode) === 0;
  } catch {
    // Closed since it was listed: it was not inherited.
    return true;
  }
};
