import { own } from '../../util/own.ts';
import type { AgreedHolder } from '../control.ts';

const mostHolders = 1_000;

/** Processes at their ports, from data that anybody may have written. Null: it is something else. */
export const parseHolders = (value: unknown): readonly AgreedHolder[] | null => {
  if (!Array.isArray(value) || value.length > mostHolders) return null;
  const holders = value.flatMap((item: unknown) => parseHolder(item) ?? []);
  return holders.length === value.length ? holders : null;
};

const parseHolder = (value: unknown): [AgreedHolder] | null => {
  const [port, identity] = [fieldOf(value, 'port'), fieldOf(value, 'process')];
  const [pid, startTime, bootId] = ['pid', 'startTime', 'bootId'].map((name) => fieldOf(identity, name));
  if (!isWhole(port) || !isWhole(pid) || typeof startTime !== 'string' || typeof bootId !== 'string') return null;
  return [{ port, process: { pid, startTime, bootId } }];
};

const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? own(value as Readonly<Record<string, unknown>>, name) : undefined;

const isWhole = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) > 0;
