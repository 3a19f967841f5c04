import type { Outcome } from '../../../domain/outcome.ts';
import type { ServiceSnapshot } from '../../../domain/snapshot.ts';
import type { Mirror } from '../../control/mirror.ts';

export type Mended = {
  /** What the stack was said to be. */
  told(verdict: Outcome['verdict']): void;
  /** After a change: what a stack that had failed is now that it is well again; null: nothing to be told. */
  look(): Outcome | null;
};

/** Whoever was told that a stack has failed is told, once, when it has been mended. */
export const watchMended = (mirror: Pick<Mirror, 'snapshot'>): Mended => {
  let isFailed = false;
  return {
    told: (verdict) => {
      isFailed = verdict === 'failed' || verdict === 'timed-out';
    },
    look: () => {
      if (!isFailed) return null;
      const { services, outcome } = mirror.snapshot();
      const down = services.filter(isDown);
      if (!outcome.settled || down.some(({ optional }) => !optional)) return null;
      isFailed = false;
      const without = services.filter((service) => service.state === 'unhealthy' || isDown(service)).map(({ name }) => name);
      return { settled: true, verdict: without.length === 0 ? 'up' : 'degraded', causes: [], unwell: without, open: [] };
    },
  };
};

const isDown = ({ state, reason }: ServiceSnapshot): boolean =>
  state === 'failed' || state === 'skipped' || state === 'stopped' || (state === 'completed' && reason !== null);
