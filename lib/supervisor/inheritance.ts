import { once } from 'node:events';
import type { Adoption } from '../domain/events.ts';
import type { BoundPort } from '../domain/process.ts';
import type { ServiceName } from '../domain/service.ts';
import type { Memory } from '../runtime/memory-file.ts';
import { createGate } from '../util/gate.ts';
import type { SessionOptions } from './session-types.ts';
import { type Shutdown, stopAfter } from './shutdown.ts';
import type { Supervisor } from './supervisor.ts';
import { type Survival, sortOutSurvivors } from './survival.ts';
import { adoptToStop } from './take-down.ts';

/** What an earlier supervisor has left, until it is taken over: once, by a boot or by a stop. */
export type Inheritance = {
  /** Looks for it, and ends what does not go on. */
  free(left: Memory['running']): Promise<Survival>;
  isFreed(): boolean;
  /** Something goes on, and was not taken over yet. */
  goesOn(): boolean;
  /** Null: it is not taken over, or was already. */
  portsOf(name: ServiceName): readonly BoundPort[] | null;
  /** Whoever is stopped and started by hand later is started anew. */
  takeToBoot(): { readonly adoptions: ReadonlyMap<ServiceName, Adoption>; readonly wanted: readonly ServiceName[] };
  /** Has it go down as what we have started does: who is taken over to be stopped is given to `stop`. */
  takeToStop(stop: (taken: readonly ServiceName[]) => Shutdown): Shutdown;
};

export type InheritanceOptions = Pick<SessionOptions, 'runtime' | 'project' | 'notices' | 'memory' | 'journal'> & {
  readonly supervisor: Supervisor;
};

export const createInheritance = ({ supervisor, memory, journal, ...options }: InheritanceOptions): Inheritance => {
  const { stack, graph } = supervisor;
  let adoptions: ReadonlyMap<ServiceName, Adoption> = new Map();
  let wanted: readonly ServiceName[] = [];
  let isFreed = false;
  /** While it is looked for, and the rest is being ended. */
  let freeing: Freeing | null = null;

  const sortOut = async (left: Memory['running'], isDecided: () => void): Promise<Survival> => {
    const predecessor = journal.predecessor ?? memory.supervisor;
    // After an ordered end everything begins anew; what is alive all the same is a leftover.
    const goneOnWith = predecessor === null ? {} : left;
    const { resumption, leftovers } = await sortOutSurvivors({
      ...{ ...options, stack, graph, recorded: goneOnWith },
      onDecided: (decided) => {
        adoptions = decided.adoptions;
        wanted = decided.wanted;
        isDecided();
      },
    });
    isFreed = true;
    return { ...leftovers, ...resumption, predecessor };
  };

  return {
    free: (left) => {
      const decided = createGate();
      const running = sortOut(left, decided.open);
      const noteEnd = (): void => {
        freeing = null;
      };
      // Why it failed, whoever asked for it learns.
      freeing = { decided: decided.opened, over: running.then(noteEnd, noteEnd) };
      return running;
    },
    isFreed: () => isFreed,
    goesOn: () => adoptions.size > 0,
    portsOf: (name) => adoptions.get(name)?.ports ?? null,
    takeToBoot: () => {
      const taken = { adoptions, wanted };
      adoptions = new Map();
      wanted = [];
      return taken;
    },
    takeToStop: (stop) => {
      const begin = (): Shutdown => {
        const left = adoptions;
        adoptions = new Map();
        return stop(adoptToStop(supervisor, left));
      };
      const underWay = freeing;
      return underWay === null ? begin() : stopAfter((hurried) => untilKnown(underWay, hurried), begin);
    },
  };
};

type Freeing = { readonly decided: Promise<void>; readonly over: Promise<void> };

/** Resolves when it is over, however that went; for who is in a hurry when it is known what goes on. */
const untilKnown = ({ decided, over }: Freeing, hurried: AbortSignal): Promise<void> => {
  const cutShort = async (): Promise<void> => {
    await decided;
    if (!hurried.aborted) await once(hurried, 'abort');
  };
  return Promise.race([over, cutShort()]);
};
