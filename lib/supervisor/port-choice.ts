import type { BoundPort } from '../domain/process.ts';
import type { ServiceName } from '../domain/service.ts';
import { type PortPlanOptions, planPorts } from './port-plan.ts';
import type { Runtime } from './runtime.ts';

export type PlannedPorts = ReadonlyMap<ServiceName, readonly BoundPort[]>;

/** The ports that were chosen for the run. */
export type PortChoice = {
  readonly now: () => PlannedPorts;
  /**
   * What was chosen before has been told to those that run since; only who has none yet gets one. One that fails is made again for
   * whoever needs ports next.
   */
  choose(): Promise<void>;
  /** Another stack: of what was chosen only this holds on. */
  replace(kept: PlannedPorts): void;
};

type PortChoiceOptions = Omit<PortPlanOptions, 'known' | 'claimPorts'> & { readonly runtime: Pick<Runtime, 'claimPorts'> };

export const createPortChoice = ({ runtime, ...options }: PortChoiceOptions): PortChoice => {
  let chosen: PlannedPorts = new Map();
  let underWay: Promise<PlannedPorts> | null = null;

  const choose = async (): Promise<void> => {
    underWay ??= planPorts({ ...options, claimPorts: runtime.claimPorts, known: chosen });
    const own = underWay;
    try {
      const planned = await own;
      if (underWay === own) chosen = planned;
    } catch (error) {
      if (underWay === own) underWay = null;
      throw error;
    }
    // They were chosen for a stack that was exchanged meanwhile.
    if (underWay !== own) await choose();
  };

  return {
    now: () => chosen,
    choose,
    replace: (kept) => {
      chosen = kept;
      underWay = null;
    },
  };
};
