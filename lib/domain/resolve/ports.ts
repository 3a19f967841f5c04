import { isRawList, isRawMap, type RawValue } from '../raw.ts';
import type { Port } from '../service.ts';
import { complain, type Fields, get, isGiven } from './fields.ts';

/** `port` first, then `ports`. Of a list without `port`, the first is the unnamed one, the others are `2`, `3`, … */
export const readPorts = (fields: Fields): readonly Port[] => {
  if (!isGiven(fields, 'port') && !isGiven(fields, 'ports')) return none;
  const ports: Port[] = [];
  const add = (name: string | null, value: RawValue): void => {
    if (value === 'auto' || typeof value === 'number') ports.push({ name, wanted: value === 'auto' ? null : value });
  };
  add(null, get(fields, 'port'));
  const more = get(fields, 'ports');
  if (isRawList(more)) for (const value of more) add(ports.length === 0 ? null : String(ports.length + 1), value);
  if (isRawMap(more)) for (const [name, value] of Object.entries(more)) add(name, value);
  return ports;
};

const none: readonly Port[] = [];

/** `3000-3010` or `[3000, 3010]`. */
export const readPortRange = (fields: Fields): readonly [number, number] | null => {
  const value = get(fields, 'port_range');
  if (value === undefined) return null;
  const [low, high] = (typeof value === 'string' ? value.split('-') : isRawList(value) ? value : []).map(Number);
  if (low === undefined || high === undefined) return null;
  const range = `${low}-${high}`;
  if (low < 1 || high > 65535) {
    complain(fields, 'port_range', {
      code: 'invalid-value',
      message: `port range ${range} is out of range 1-65535`,
      hint: 'write for example 3000-3010',
    });
  } else if (low > high) {
    complain(fields, 'port_range', {
      code: 'invalid-value',
      message: `port range ${range} is empty`,
      hint: `write ${high}-${low}`,
    });
  } else return [low, high];
  return null;
};
