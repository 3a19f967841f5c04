import { type Mistake, mistakeOf } from './mistakes.ts';
import type { CommandSpec } from './spec.ts';

/** What each option was given, in the order of the command line; of a flag: true. */
export type Values = Map<string, (string | true)[]>;

/** `down --namespace prod` without its `--on` would take down the stack of this machine. */
export const checkNeeds = ({ name, options }: CommandSpec, values: Values): Mistake | null => {
  for (const [option, { needs }] of Object.entries(options)) {
    if (needs === undefined || !values.has(option) || values.has(needs[0])) continue;
    const needed = `--${needs.join(' ')}`;
    return mistakeOf(`option "--${option}" needs "${needed}"`, `without it, "${name}" is about this machine`);
  }
  return null;
};

/** With Compose, a second file lies over the first; here it would only take its place. */
export const checkOneFile = (values: Values): Mistake | null => {
  const [first, ...others] = values.get('file') ?? [];
  const other = others.find((file) => file !== first);
  if (other === undefined) return null;
  return mistakeOf(
    `one stack file, and both ${String(first)} and ${String(other)} were given`,
    'give one, and let it "include" the other',
  );
};
