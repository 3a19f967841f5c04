import type { ServiceGraph } from '../../domain/graph.ts';
import type { History } from '../../domain/history.ts';
import type { Outcome } from '../../domain/outcome.ts';
import type { Stack } from '../../domain/service.ts';
import type { MarkedProcess } from '../../runtime/processes.ts';
import type { Sockets } from '../../runtime/sockets.ts';
import type { Mask } from '../control/mask.ts';
import type { StackControl } from '../control.ts';

/** What the routes answer from: the control that the command line uses too, and what its supervisor knows besides. */
export type HttpSources = {
  readonly control: StackControl;
  /** As they are now: `muster up` may exchange them. */
  readonly stack: () => Stack;
  readonly graph: () => ServiceGraph;
  readonly history: () => History;
  /** How the stack is now. */
  readonly outcome: () => Outcome;
  /** Takes known secrets out of what is shown. */
  readonly mask: () => Mask;
  /** Names the project in markers. */
  readonly project: string;
  readonly machine: string;
  readonly findHolders: Sockets['findHolders'];
  /** Living processes that carry the project's marker. */
  readonly findMarked: () => Promise<readonly MarkedProcess[]>;
  /** Those of the supervisor: with them its file is read anew for somebody who brings none. */
  readonly variables: () => Readonly<Record<string, string>>;
  /** Of this muster. */
  readonly version: string;
  readonly wall: () => number;
};
