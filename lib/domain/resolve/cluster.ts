import { parseBytes } from '../../util/bytes.ts';
import { isRawMap, type RawValue } from '../raw.ts';
import type { Amounts, Cluster } from '../service.ts';
import { complain, type Fields, fieldsOf, get, isGiven, readText } from './fields.ts';

/** `image`, `build`, `expose` and `resources`: kept for those that put the stack on a cluster. */
export const readCluster = (fields: Fields, absolute: (file: string, field: readonly string[]) => string): Cluster => {
  if (!clusterKeys.some((key) => isGiven(fields, key))) return nothing;
  const resources = fieldsOf(fields, 'resources');
  const limits = resources === null ? null : fieldsOf(resources, 'limits');
  return {
    image: readText(fields, 'image', null),
    build: readBuild(fields, absolute),
    expose: readExpose(fields),
    resources: { requests: readAmounts(resources), limits: readAmounts(limits) },
  };
};

const clusterKeys = ['image', 'build', 'expose', 'resources'];
const noAmounts: Amounts = { cpu: null, memory: null };
const nothing: Cluster = { image: null, build: null, expose: null, resources: { requests: noAmounts, limits: noAmounts } };

const readBuild = (fields: Fields, absolute: (file: string, field: readonly string[]) => string): Cluster['build'] => {
  if (!isGiven(fields, 'build')) return null;
  const map = fieldsOf(fields, 'build');
  const plain = { dockerfile: 'Dockerfile', args: {}, target: null };
  if (map === null) return { ...plain, context: absolute(readText(fields, 'build', '.'), ['build']) };
  return {
    context: absolute(readText(map, 'context', '.'), ['build']),
    dockerfile: readText(map, 'dockerfile', plain.dockerfile),
    args: toArgs(get(map, 'args')),
    target: readText(map, 'target', plain.target),
  };
};

/** In the order of their names, so that the order in the file is no difference. */
const toArgs = (value: RawValue): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(isRawMap(value) ? value : {})
      .flatMap(([name, text]): [string, string][] => (text === null || typeof text === 'object' ? [] : [[name, String(text)]]))
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );

const readExpose = (fields: Fields): Cluster['expose'] => {
  const value = get(fields, 'expose');
  if (typeof value !== 'string') return value === true ? { host: null } : null;
  if (/^(\*\.)?[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/.test(value)) return { host: value };
  complain(fields, 'expose', {
    code: 'invalid-value',
    message: `"${value}" is not a host name`,
    hint: 'write true, or a name such as shop.example.com',
  });
  return null;
};

const readAmounts = (fields: Fields | null): Amounts =>
  fields === null ? noAmounts : { cpu: readCpu(fields), memory: readMemory(fields) };

/** `2`, `0.5` and `"500m"`, in thousandths. */
const readCpu = (fields: Fields): number | null => {
  const value = get(fields, 'cpu');
  if (typeof value === 'number') return Math.round(value * 1000);
  if (typeof value !== 'string') return null;
  const text = value.trim();
  const amount = Math.round(text.endsWith('m') ? Number(text.slice(0, -1)) : Number(text) * 1000);
  if (amount >= 1) return amount;
  const message = `cpu "${value}" is less than a thousandth of a processor`;
  complain(fields, 'cpu', { code: 'invalid-value', message, hint: 'write for example 250m' });
  return null;
};

const readMemory = (fields: Fields): number | null => {
  const value = get(fields, 'memory');
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') return null;
  const parsed = parseBytes(value);
  if (parsed.ok) return parsed.value;
  complain(fields, 'memory', { code: 'invalid-size', message: parsed.problem, hint: 'write for example 256Mi' });
  return null;
};
