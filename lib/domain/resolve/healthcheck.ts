import { isRawList } from '../raw.ts';
import type { Command, Ms, Probe } from '../service.ts';
import { toCommand } from './command.ts';
import { complain, type Fields, get, isGiven, readBoolean, readDuration } from './fields.ts';
import { readPace } from './probe.ts';

/** What a Compose `healthcheck` means here. `isOff`: it says that there is to be no probe, not even the default one. */
export type Healthcheck = { readonly probe: Probe | null; readonly isOff: boolean; readonly startPeriod: Ms };

export const readHealthcheck = (fields: Fields): Healthcheck => {
  const startPeriod = readDuration(fields, 'start_period', { fallback: 0 });
  const test = get(fields, 'test');
  const isOff = readBoolean(fields, 'disable', false) || test === 'NONE' || (isRawList(test) && test[0] === 'NONE');
  if (isOff) return { probe: null, isOff, startPeriod };
  if (!isGiven(fields, 'test')) {
    const hint = 'add "test", or write "health" with one of http, tcp, exec';
    fields.report({ severity: 'error', code: 'missing-key', path: fields.path, message: '"healthcheck" has no check', hint });
    return { probe: null, isOff, startPeriod };
  }
  const command = toTestCommand(fields);
  const pace = readPace(fields);
  return { probe: command === null ? null : { check: { kind: 'exec', command }, ...pace }, isOff, startPeriod };
};

/** `[CMD, program, …]` runs directly, `[CMD-SHELL, line]` and plain text are a line. */
const toTestCommand = (fields: Fields): Command | null => {
  const test = get(fields, 'test');
  if (test === undefined) return null;
  if (!isRawList(test)) return toCommand(test);
  const [how, ...words] = test;
  if (how === 'CMD') return toCommand(words);
  if (how === 'CMD-SHELL') return toCommand(words[0]);
  const hint = 'write [CMD, program, argument], or [CMD-SHELL, "line"]';
  complain(fields, ['test', 0], { code: 'invalid-value', message: '"test" as a list begins with CMD, CMD-SHELL or NONE', hint });
  return null;
};
