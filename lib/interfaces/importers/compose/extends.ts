import { type Entry, findEntry, isNothing, type MapTree, scalarText, type Tree } from '../tree.ts';
import { type ComposeLoad, describe, readBeside, toStack } from './files.ts';
import { mergeMaps } from './merge.ts';

/** Longer chains are no design. */
const mostSteps = 30;

/** Every service with what it extends put in, of this file or another. */
export const resolveExtends = async (stack: MapTree, load: ComposeLoad): Promise<MapTree> => {
  const services = findEntry(stack, 'services');
  if (services === null || services.value.kind !== 'map') return stack;
  const entries: Entry[] = [];
  for (const entry of services.value.entries) entries.push({ ...entry, value: await resolve(entry, stack, load, []) });
  const whole: Entry = { ...services, value: { ...services.value, entries } };
  return { ...stack, entries: stack.entries.map((entry) => (entry === services ? whole : entry)) };
};

const resolve = async (service: Entry, stack: MapTree, load: ComposeLoad, chain: readonly Entry[]): Promise<Tree> => {
  const { value } = service;
  const extended = findEntry(value, 'extends');
  if (value.kind !== 'map' || extended === null || isNothing(extended.value)) return value;
  const own: MapTree = { ...value, entries: value.entries.filter((entry) => entry !== extended) };
  const lost = (why: string): Tree => {
    load.ledger.lose(extended, why);
    return own;
  };
  if (chain.length >= mostSteps || chain.some(({ at }) => at === service.at))
    return lost('services extend each other in a circle');
  const name = scalarText(extended.value) ?? scalarText(findEntry(extended.value, 'service')?.value ?? extended.value);
  if (name === null) return lost('it names no service');
  const file = findEntry(extended.value, 'file');
  const source = file === null ? null : await readBeside(file.value, load);
  if (file !== null && source === null) return own;
  const base = source === null ? stack : toStack(source);
  if (!('kind' in base)) return lost(describe(base));
  const services = findEntry(base, 'services');
  const target = services === null ? null : findEntry(services.value, name);
  if (target === null) return lost(`there is no service "${name}"${file === null ? '' : ' in that file'}`);
  const resolved = await resolve(target, base, load, [...chain, service]);
  return resolved.kind === 'map' ? mergeMaps(resolved, own) : lost(`"${name}" is no map`);
};
