import { didYouMean } from '../util/did-you-mean.ts';
import { formatDuration, type Parsed, parseDuration } from '../util/duration.ts';
import type { Groups } from './replicas.ts';
import type { Ms, ServiceName } from './service.ts';

/** A change of the stack, as a person asks about it. */
export type Change =
  /** From its spawn to ready. */
  | { readonly kind: 'takes'; readonly service: ServiceName; readonly ms: Ms }
  | { readonly kind: 'times'; readonly service: ServiceName; readonly factor: number }
  /** So much longer; shorter when it is negative. */
  | { readonly kind: 'shift'; readonly service: ServiceName; readonly ms: Ms }
  | { readonly kind: 'optional' | 'gone'; readonly service: ServiceName }
  | { readonly kind: 'no-delay'; readonly service: ServiceName }
  /** It does not wait for the other one any more; or only until that one's program runs. */
  | { readonly kind: 'without' | 'started'; readonly service: ServiceName; readonly on: ServiceName }
  /** Null: no limit. */
  | { readonly kind: 'max_parallel'; readonly slots: number | null };

/** For help and error messages: everything that may be asked. */
export const whatIfForms: readonly (readonly [form: string, meaning: string])[] = [
  ['db=0.5s', 'it takes this long from its spawn to ready'],
  ['db=x0.5', 'it takes this share of its time'],
  ['db=+200ms, db=-200ms', 'it takes so much longer, or shorter'],
  ['db:no-delay', 'without its startup_delay and wait_before_start'],
  ['db:optional', 'its failure fails nobody'],
  ['db:gone', 'it is not in the stack'],
  ['api:without=db', 'api does not wait for db'],
  ['api:started=db', 'api waits only until the program of db runs'],
  ['max_parallel=4', 'so many may be starting at once; "none" for no limit'],
];

const example =
  'write for example db=0.5s, db=x0.5, db=-200ms, db:no-delay, db:optional, db:gone, api:without=db, api:started=db or max_parallel=4';

/** `known`: the services of the run and of the stack. */
export const parseWhatIf = (text: string, known: readonly ServiceName[]): Parsed<Change> => {
  const limit = /^max_parallel=(.+)$/.exec(text)?.[1];
  if (limit !== undefined && !known.includes('max_parallel')) return parseLimit(limit);
  const [, name = '', sign, rest = ''] = /^([^=:]+)([=:])(.+)$/.exec(text.trim()) ?? [];
  if (sign === undefined) return { ok: false, problem: `cannot read "${text}"`, hint: example };
  const service = findName(name, known);
  if (!service.ok) return service;
  return sign === '=' ? parseTime(service.value, rest) : parseWord(service.value, rest, known);
};

const findName = (name: string, known: readonly ServiceName[]): Parsed<ServiceName> => {
  if (known.includes(name)) return { ok: true, value: name };
  const meant = didYouMean(name, known);
  const hint =
    meant === null ? `there are ${known.slice(0, 8).join(', ')}${known.length > 8 ? ' …' : ''}` : `did you mean "${meant}"?`;
  return { ok: false, problem: `unknown service "${name}"`, hint };
};

const parseLimit = (text: string): Parsed<Change> => {
  if (text === 'none') return { ok: true, value: { kind: 'max_parallel', slots: null } };
  const slots = Number(text);
  if (/^\d{1,6}$/.test(text) && slots >= 1) return { ok: true, value: { kind: 'max_parallel', slots } };
  return { ok: false, problem: `max_parallel does not take "${text}"`, hint: 'write a whole number from 1 on, or none' };
};

const parseTime = (service: ServiceName, text: string): Parsed<Change> => {
  const [, factor] = /^[x×*](\d+(?:\.\d+)?)$/.exec(text) ?? [];
  if (factor !== undefined) return { ok: true, value: { kind: 'times', service, factor: Number(factor) } };
  const [, sign = '', amount = ''] = /^([+-]?)(.*)$/.exec(text) ?? [];
  const duration = parseDuration(amount);
  if (!duration.ok) return { ...duration, hint: `${duration.hint}, or x0.5 for half of it` };
  if (sign === '') return { ok: true, value: { kind: 'takes', service, ms: duration.value } };
  return { ok: true, value: { kind: 'shift', service, ms: sign === '-' ? -duration.value : duration.value } };
};

const parseWord = (service: ServiceName, text: string, known: readonly ServiceName[]): Parsed<Change> => {
  if (text === 'optional' || text === 'no-delay' || text === 'gone') return { ok: true, value: { kind: text, service } };
  const [, kind, name = ''] = /^(without|started)=(.+)$/.exec(text) ?? [];
  if (kind === 'without' || kind === 'started') {
    const on = findName(name, known);
    return on.ok ? { ok: true, value: { kind, service, on: on.value } } : on;
  }
  return { ok: false, problem: `cannot read "${text}" after "${service}:"`, hint: example };
};

/** The same of each service that its names stand for. */
export const spreadChange = (change: Change, groups: Groups): readonly Change[] => {
  if (change.kind === 'max_parallel') return [change];
  const each = (name: ServiceName): readonly ServiceName[] => groups.get(name) ?? [name];
  return each(change.service).flatMap((service): readonly Change[] =>
    change.kind === 'without' || change.kind === 'started'
      ? each(change.on).map((on) => ({ ...change, service, on }))
      : [{ ...change, service }],
  );
};

/** As it was asked. */
export const tellChange = (change: Change): string => {
  switch (change.kind) {
    case 'takes':
      return `${change.service}=${formatDuration(change.ms)}`;
    case 'times':
      return `${change.service}=x${change.factor}`;
    case 'shift':
      return `${change.service}=${change.ms < 0 ? '-' : '+'}${formatDuration(Math.abs(change.ms))}`;
    case 'without':
    case 'started':
      return `${change.service}:${change.kind}=${change.on}`;
    case 'max_parallel':
      return `max_parallel=${change.slots ?? 'none'}`;
    case 'optional':
    case 'gone':
    case 'no-delay':
      return `${change.service}:${change.kind}`;
  }
};
