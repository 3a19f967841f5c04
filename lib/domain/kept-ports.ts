import type { BoundPort } from './process.ts';
import type { Service } from './service.ts';

export type KeptPortsInput = {
  readonly before: Service;
  readonly after: Service;
  /** What it has, or had last. */
  readonly held: readonly BoundPort[];
  /** Ports that others insist on by now. */
  readonly insisted: ReadonlySet<number>;
};

/**
 * The ports with which a service is restarted whose definition was edited: those that it has, as long as the file leaves them to
 * the run (`auto`, `next`) and still wants the same; what runs was told its address. Null: they are chosen anew.
 */
export const keptPorts = ({ before, after, held, insisted }: KeptPortsInput): readonly BoundPort[] | null => {
  if (held.length === 0 || held.length !== after.ports.length) return null;
  const [low, high] = after.portRange ?? [0, Number.POSITIVE_INFINITY];
  const stays = after.ports.every(({ name, wanted }, index) => {
    const has = held[index];
    if (has === undefined || has.name !== name || insisted.has(has.port)) return false;
    const isInRange = has.port >= low && has.port <= high;
    if (wanted === null) return isInRange;
    return after.portConflict === 'next' && before.ports[index]?.wanted === wanted && (has.port === wanted || isInRange);
  });
  return stays ? held : null;
};
