import { readFileSync } from 'node:fs';
import { glanceAtProc, glanceAtProcText } from './read-proc.ts';
import type { ProcessStat } from './stat.ts';

/** What is shown of a process to people. */
export type Description = {
  /** On one line, at most 200 characters, control characters escaped. */
  readonly command: string;
  readonly uid: number | null;
  readonly user: string | null;
  /** Epoch milliseconds of its start. */
  readonly since: number | null;
};

const longestCommand = 200;

/** A command line comes from a stranger: no character of it may move the cursor or turn the text around. */
export const toVisible = (text: string): string => {
  const shown = text.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
  const characters = [...shown];
  return characters.length <= longestCommand ? shown : `${characters.slice(0, longestCommand - 1).join('')}…`;
};

const readCommand = (pid: number): string => {
  const line = glanceAtProc(`/proc/${pid}/cmdline`)?.toString('utf8').replace(/\0+$/, '').replaceAll('\0', ' ').trim() ?? '';
  if (line !== '') return toVisible(line);
  const name = glanceAtProc(`/proc/${pid}/comm`)?.toString('utf8').trim() ?? '';
  return name === '' ? '(unknown)' : `[${toVisible(name)}]`;
};

const readUid = (pid: number): number | null => {
  const match = /^Uid:\s+\d+\s+(\d+)/m.exec(glanceAtProcText(`/proc/${pid}/status`) ?? '');
  return match === null ? null : Number(match[1]);
};

let users: ReadonlyMap<number, string> | null = null;

/** Names from /etc/passwd, read once. `os.userInfo()` throws for a user that is not in there, and knows only our own. */
export const userName = (uid: number | null): string | null => {
  if (uid === null) return null;
  users ??= readUsers();
  return users.get(uid) ?? null;
};

const readUsers = (): ReadonlyMap<number, string> => {
  try {
    const entries = readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .map((line) => line.split(':'))
      .flatMap(([name, , uid]) => (name !== undefined && /^\d+$/.test(uid ?? '') ? [[Number(uid), name] as const] : []));
    // The first of several names for one number is the one that the system shows.
    return new Map(entries.reverse());
  } catch {
    // Without the file, users are shown by number.
    return new Map();
  }
};

/** Ticks since the boot of the machine, as `ProcessStat.start` counts them. */
export const ticksNow = (): number => Math.floor(Number.parseFloat(glanceAtProcText('/proc/uptime') ?? 'NaN') * 100);

/** When the machine booted, by its clock of today. Only a clock that was set moves it, not the rounding of its two parts. */
let bootedAt: number | null = null;

/** Between the two clocks this process may be held up: of some looks at both, that counts which took least. */
const bootByClock = (): number => {
  let [found, shortest] = [Number.NaN, Number.POSITIVE_INFINITY];
  for (let looks = 0; looks < 5 && shortest > 10; looks += 1) {
    const before = performance.now();
    const boot = Date.now() - ticksNow() * 10;
    const took = performance.now() - before;
    if (took < shortest) [found, shortest] = [boot, took];
  }
  return found;
};

const startedAt = (start: number): number | null => {
  const now = bootByClock();
  if (Number.isNaN(now)) return null;
  if (bootedAt === null || Math.abs(now - bootedAt) > 1000) bootedAt = now;
  return bootedAt + start * 10;
};

export const describe = (stat: ProcessStat): Description => {
  const uid = readUid(stat.pid);
  return { command: readCommand(stat.pid), uid, user: userName(uid), since: startedAt(stat.start) };
};
