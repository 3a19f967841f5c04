import type { RecordedService } from '../../domain/recorded.ts';
import { readIdentity } from '../../runtime/processes/read-identity.ts';
import { toSafeText } from '../../util/terminal-text.ts';
import { readRecorded } from '../recorded.ts';
import { findPlace, toCommandLine } from './connect.ts';
import type { CommandContext } from './context.ts';
import { readMemory } from './read-memory.ts';
import { findRemembered } from './recover/remembered.ts';
import { renderTable } from './render/table.ts';
import { createTheme } from './render/theme.ts';

/** A service of a stack whose supervisor was killed, as that one has told of it last, and whether its process is still there. */
export type LeftService = {
  readonly name: string;
  /** Its last state. */
  readonly was: string;
  readonly pid: number | null;
  readonly ports: RecordedService['ports'];
  readonly alive: boolean;
};

/** Of those that are named, or all: what ran or was to run. */
export const readLeft = async (context: CommandContext): Promise<readonly LeftService[]> => {
  const { args, env } = context;
  const place = await findPlace(context, false);
  if (!place.ok) return [];
  const recorded = readRecorded(place.root, await readMemory(place.root, null), env);
  const named = new Set(args.positionals.flatMap((name) => findRemembered(Object.keys(recorded), [], name)));
  return Object.entries(recorded).flatMap(([name, { state, process: known, ports, desired }]) => {
    if ((args.positionals.length > 0 && !named.has(name)) || (known === null && desired === 'stopped')) return [];
    return [{ name, was: state, pid: known?.pid ?? null, ports, alive: known !== null && isStillThere(known) }];
  });
};

/** The number alone may be somebody else's by now. */
const isStillThere = (known: NonNullable<RecordedService['process']>): boolean => {
  const now = readIdentity(known.pid);
  return now !== null && now.startTime === known.startTime && now.bootId === known.bootId;
};

const columns = [
  { title: '' },
  { title: 'SERVICE' },
  { title: 'WAS' },
  { title: 'PID', align: 'right' },
  { title: 'PORTS' },
  { title: '' },
] as const;

export const renderLeft = (left: readonly LeftService[], context: CommandContext): string[] => {
  if (left.length === 0) return [];
  const theme = createTheme(context.stdout);
  const rows = left.map(({ name, was, pid, ports, alive }) => [
    theme.shape(alive ? 'ready' : 'stopped'),
    safe(name),
    safe(was),
    pid === null ? '' : String(pid),
    alive ? ports.map(({ port }) => String(port)).join(', ') : '',
    alive ? 'still runs' : theme.paint('dim', 'gone'),
  ]);
  const next = left.some(({ alive }) => alive) ? [`"${toCommandLine(context, ['down'])}" ends what is left`] : [];
  return [...renderTable(columns, rows, theme), ...next];
};

const safe = (text: string): string => toSafeText(text, { colours: false });
