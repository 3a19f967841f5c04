import { readFileSync } from 'node:fs';

/** What messages depend on of the machine they are made on. */
export type SystemFacts = {
  /** Null where there are no user ids. */
  readonly uid: number | null;
  /** The first port that a user without extra rights may listen on. */
  readonly firstFreePort: number;
};

export const readSystemFacts = (): SystemFacts => {
  const uid = process.getuid?.() ?? null;
  if (process.platform !== 'linux') return { uid, firstFreePort: process.platform === 'win32' ? 0 : 1024 };
  try {
    return { uid, firstFreePort: Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8')) };
  } catch {
    // Older kernels do not have the file; there the limit is fixed.
    return { uid, firstFreePort: 1024 };
  }
};
