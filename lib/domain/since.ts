import { type Parsed, parseDuration } from '../util/duration.ts';

/**
 * A moment in the past, as epoch milliseconds: a duration before `now` (`2h`, `7d`, `3w`), or a date with or without a time
 * (`2026-11-03`, `2026-11-03 14:30`), local unless it says a zone.
 */
export const parseSince = (text: string, now: number): Parsed<number> => {
  const trimmed = text.trim();
  const [, long, unit] = /^(\d{1,5})([dw])$/.exec(trimmed) ?? [];
  if (long !== undefined) return { ok: true, value: now - Number(long) * (unit === 'w' ? 7 : 1) * 86_400_000 };
  if (/^\d{4}-\d\d-\d\d/.test(trimmed)) {
    // A date alone would be read as one of Greenwich, a date with a time as a local one.
    const at = Date.parse(/^\d{4}-\d\d-\d\d$/.test(trimmed) ? `${trimmed}T00:00` : trimmed.replace(' ', 'T'));
    if (!Number.isNaN(at) && isOnCalendar(trimmed.slice(0, 10))) return { ok: true, value: at };
    return { ok: false, problem: `"${text}" is no date`, hint: 'write for example 2026-11-03 or 2026-11-03T14:30' };
  }
  const duration = parseDuration(trimmed);
  if (duration.ok) return { ok: true, value: now - duration.value };
  return { ...duration, hint: `${duration.hint}, 7d, 3w, or a date such as 2026-11-03` };
};

/** The 31st of February would be read as a day of March. */
const isOnCalendar = (day: string): boolean => {
  const at = Date.parse(`${day}T00:00Z`);
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(day);
};
