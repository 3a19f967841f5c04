import { didYouMean } from '../util/did-you-mean.ts';
import { type Parsed, parseDuration } from '../util/duration.ts';
import type { ServiceName } from './service.ts';
import { formatDuration } from './words.ts';

export type Measure =
  | { readonly of: 'stack'; readonly stat: StackStat }
  | { readonly of: 'service'; readonly service: ServiceName; readonly stat: ServiceStat }
  /** What the service adds to the wall time of the boot. */
  | { readonly of: 'critical'; readonly service: ServiceName }
  /** Services, and the stack, that are slower than they were. */
  | { readonly of: 'slower' };

const stackStats = ['last', 'p50', 'p95', 'p99', 'max', 'failures'] as const;
const serviceStats = ['last', 'p50', 'p95', 'p99', 'max', 'failures', 'flakiness'] as const;
type StackStat = (typeof stackStats)[number];
type ServiceStat = (typeof serviceStats)[number];

const operators = ['<=', '>=', '<', '>'] as const;

/** A limit that a pipeline holds a boot to: `boot<20s`, `api.p95<3s`, `critical.api<50%`. */
export type Budget = {
  readonly text: string;
  readonly measure: Measure;
  readonly operator: (typeof operators)[number];
  /** Milliseconds; a share from 0 to 1; or how many. */
  readonly limit: number;
  readonly unit: 'ms' | 'share' | 'count';
};

export const budgetForms: readonly (readonly [form: string, meaning: string])[] = [
  ['boot<20s', 'the newest boot of the whole stack'],
  ['boot.p95<25s', 'of all boots that are looked at; also p50, p99, max'],
  ['boot.failures<5%', 'boots that failed, as a share or a number'],
  ['api<3s, api.p95<3s', 'a service, from its spawn to ready: its last boot; p50, p95, p99, max'],
  ['api.failures<1', 'runs in which it failed, as a number or a share'],
  ['api.flakiness<10%', 'boots in which its first attempt failed'],
  ['critical.api<50%', "what it adds to the newest boot's wall time, as a share or a duration"],
  ['slower<1', 'how many services, and the stack, got slower'],
];

const example =
  'write for example boot<20s, boot.p95<25s, api<2s, api.p95<3s, api.flakiness<10%, api.failures<1, critical.api<50% or slower<1';

export const parseBudget = (text: string, known: readonly ServiceName[]): Parsed<Budget> => {
  const [, subject = '', operator, amount = ''] = /^\s*([^<>=\s]+)\s*(<=|>=|<|>)\s*(\S.*?)\s*$/.exec(text) ?? [];
  const found = operators.find((one) => one === operator);
  if (found === undefined) return { ok: false, problem: `cannot read the budget "${text}"`, hint: example };
  const measure = parseMeasure(subject, known);
  if (!measure.ok) return { ...measure, problem: `budget "${text}": ${measure.problem}` };
  const limit = parseLimit(amount, measure.value);
  if (!limit.ok) return { ...limit, problem: `budget "${text}": ${limit.problem}` };
  return { ok: true, value: { text: `${subject}${found}${amount}`, measure: measure.value, operator: found, ...limit.value } };
};

/** A name may have dots in it, and be one of our words: the longest name of a service that fits is meant. */
const parseMeasure = (subject: string, known: readonly ServiceName[]): Parsed<Measure> => {
  if (subject === 'slower' && !known.includes(subject)) return { ok: true, value: { of: 'slower' } };
  const [name, stat] = known.includes(subject) ? [subject, 'last'] : splitStat(subject);
  const of = serviceStats.find((one) => one === stat);
  if (known.includes(name) && of !== undefined) return { ok: true, value: { of: 'service', service: name, stat: of } };
  const critical = /^critical\.(.*)$/s.exec(subject)?.[1];
  if (critical !== undefined && known.includes(critical)) return { ok: true, value: { of: 'critical', service: critical } };
  if (known.includes(name)) return unknownStat(stat, serviceStats);
  if (name !== 'boot') return unknownService(critical ?? name, known);
  const whole = stackStats.find((one) => one === stat);
  return whole === undefined ? unknownStat(stat, stackStats) : { ok: true, value: { of: 'stack', stat: whole } };
};

const splitStat = (subject: string): readonly [name: string, stat: string] => {
  const dot = subject.lastIndexOf('.');
  return dot < 0 ? [subject, 'last'] : [subject.slice(0, dot), subject.slice(dot + 1)];
};

const unknownService = (name: string, known: readonly ServiceName[]): Parsed<never> => {
  const meant = didYouMean(name, [...known, 'boot', 'slower']);
  return { ok: false, problem: `unknown service "${name}"`, hint: meant === null ? example : `did you mean "${meant}"?` };
};

const unknownStat = (stat: string, stats: readonly string[]): Parsed<never> => {
  const meant = didYouMean(stat, stats);
  const hint = meant === null ? `write one of ${stats.join(', ')}` : `did you mean "${meant}"?`;
  return { ok: false, problem: `unknown figure "${stat}"`, hint };
};

type Limit = Pick<Budget, 'limit' | 'unit'>;

const parseLimit = (text: string, measure: Measure): Parsed<Limit> => {
  const takes = unitsOf(measure);
  const [, percent] = /^(\d+(?:\.\d+)?)\s*%$/.exec(text) ?? [];
  if (percent !== undefined && takes.includes('share'))
    return { ok: true, value: { limit: Number(percent) / 100, unit: 'share' } };
  if (percent === undefined && /^\d{1,9}$/.test(text) && takes.includes('count'))
    return { ok: true, value: { limit: Number(text), unit: 'count' } };
  if (takes.includes('ms') && percent === undefined) {
    const duration = parseDuration(text);
    return duration.ok ? { ok: true, value: { limit: duration.value, unit: 'ms' } } : duration;
  }
  return {
    ok: false,
    problem: `"${text}" is no limit for it`,
    hint: `write ${takes.map((unit) => unitWords[unit]).join(' or ')}`,
  };
};

const unitWords: Readonly<Record<Budget['unit'], string>> = {
  ms: 'a duration such as 2s',
  share: 'a share such as 50%',
  count: 'a whole number',
};

const unitsOf = (measure: Measure): readonly Budget['unit'][] => {
  if (measure.of === 'slower') return ['count'];
  if (measure.of === 'critical') return ['share', 'ms'];
  if (measure.stat === 'failures') return ['count', 'share'];
  return measure.stat === 'flakiness' ? ['share'] : ['ms'];
};

export const describeValue = (value: number, unit: Budget['unit']): string => {
  if (unit === 'ms') return formatDuration(value);
  return unit === 'share' ? `${Math.round(value * 1000) / 10} %` : String(value);
};
