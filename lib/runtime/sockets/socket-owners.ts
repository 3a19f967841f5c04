import { readdirSync, readlinkSync } from 'node:fs';

/** A process that has the socket open, and the descriptor by which it was seen. */
export type SocketOwner = { readonly pid: number; readonly fd: string };

const linkOf = (inode: string): string => `socket:[${inode}]`;

/** Null: its descriptors are not ours to see, or it has ended. */
const listDescriptors = (pid: number): readonly string[] | null => {
  try {
    return readdirSync(`/proc/${pid}/fd`);
  } catch {
    return null;
  }
};

export const hasVisibleDescriptors = (pid: number): boolean => listDescriptors(pid) !== null;

const readDescriptor = (pid: number, fd: string): string | null => {
  try {
    return readlinkSync(`/proc/${pid}/fd/${fd}`);
  } catch {
    // Closed since the list was made.
    return null;
  }
};

export const stillHolds = ({ pid, fd }: SocketOwner, inode: string): boolean => readDescriptor(pid, fd) === linkOf(inode);

/** The descriptor by which this process holds the socket. */
export const findDescriptor = (pid: number, inode: string): SocketOwner | null => {
  const link = linkOf(inode);
  const fd = listDescriptors(pid)?.find((name) => readDescriptor(pid, name) === link);
  return fd === undefined ? null : { pid, fd };
};

/** Of these sockets, the ones that this process holds: `[inode, owner]`. */
export const findAmong = (pid: number, inodes: ReadonlySet<string>): readonly (readonly [string, SocketOwner])[] =>
  (listDescriptors(pid) ?? []).flatMap((fd) => {
    const inode = /^socket:\[(\d+)\]$/.exec(readDescriptor(pid, fd) ?? '')?.[1];
    return inode !== undefined && inodes.has(inode) ? [[inode, { pid, fd }] as const] : [];
  });
