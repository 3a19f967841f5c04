import { defaultCondition, defaults } from '../defaults.ts';
import type { Path } from '../issue.ts';
import { isRawList, isRawMap, type RawValue } from '../raw.ts';
import type { Condition, Dependency, OnLoss, ServiceName } from '../service.ts';
import { type Fields, get, readBoolean, readChoice, readDuration, toFields } from './fields.ts';

/** An edge as it is written: what it waits for may be left to what the dependency is. */
export type WantedDependency = Omit<Dependency, 'condition'> & {
  readonly condition: Condition | null;
  /** Where its name stands. */
  readonly path: Path;
};

/** Compose's words for the same conditions. */
export const conditions: Readonly<Record<string, Condition>> = {
  started: 'started',
  healthy: 'healthy',
  completed: 'completed',
  service_started: 'started',
  service_healthy: 'healthy',
  service_completed_successfully: 'completed',
};

const losses = ['ignore', 'restart', 'stop'] as const satisfies readonly OnLoss[];

/** `depends_on` as a name, a list of names, or a map of name to details; also those that are given twice. */
export const readDependencies = (fields: Fields): readonly WantedDependency[] => {
  const value = get(fields, 'depends_on');
  if (value === undefined) return none;
  const path = [...fields.path, 'depends_on'];
  if (typeof value === 'string') return [plain(value, path)];
  if (isRawList(value)) {
    const wanted: WantedDependency[] = [];
    value.forEach((item, index) => {
      if (typeof item === 'string') wanted.push(plain(item, [...path, index]));
    });
    return wanted;
  }
  if (!isRawMap(value)) return [];
  return Object.entries(value).map(([on, details]) => {
    const map = toFields(details, [...path, on], fields.report);
    const condition = get(map, 'condition');
    return {
      on,
      condition: typeof condition === 'string' && Object.hasOwn(conditions, condition) ? (conditions[condition] ?? null) : null,
      required: readBoolean(map, 'required', true),
      waitUpTo: get(map, 'wait_up_to') === undefined ? null : readDuration(map, 'wait_up_to', { fallback: 0 }),
      onLoss: readChoice(map, 'on_loss', losses, defaults.onLoss),
      restart: readBoolean(map, 'restart', false),
      path: [...path, on],
    };
  });
};

const none: readonly WantedDependency[] = [];

/** Only the names: what decides which services take part. */
export const dependencyNames = (value: RawValue): readonly ServiceName[] => {
  if (typeof value === 'string') return [value];
  if (isRawList(value)) return value.filter((item) => typeof item === 'string');
  return isRawMap(value) ? Object.keys(value) : noNames;
};

const noNames: readonly ServiceName[] = [];

const plain = (on: ServiceName, path: Path): WantedDependency => ({
  on,
  condition: null,
  required: true,
  waitUpTo: null,
  onLoss: defaults.onLoss,
  restart: false,
  path,
});

/** What decides about the default condition of an edge to a service. */
export type Target = { readonly type: 'service' | 'task'; readonly hasProbe: boolean; readonly optional: boolean };

/** Fills in the condition; the failure of an optional dependency never keeps a dependent from starting. */
export const toDependency = (wanted: WantedDependency, target: Target): Dependency => {
  const { path: _path, ...edge } = wanted;
  return { ...edge, condition: wanted.condition ?? defaultCondition(target), required: wanted.required && !target.optional };
};
