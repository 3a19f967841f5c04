import type { History } from './history.ts';
import type { ProcessIdentity } from './process.ts';

/** What stands in the place of the kind of machine in a run on a cluster: its times say little about this machine's. */
export const clusterMachine = 'kubernetes';

/**
 * The boots on a cluster, or those on machines. What was folded away is told apart no more, and counts for the machines, where all but
 * the newest few hundred boots of nearly everybody were.
 */
export const onEngine = (history: History, isCluster: boolean): History => ({
  ...(isCluster ? { folded: {} } : history),
  runs: history.runs.filter(({ machine }) => (machine === clusterMachine) === isCluster),
});

/** The cluster gives no process that anybody here could look at or signal. */
export const nowhereHere: ProcessIdentity = { pid: 0, startTime: '', bootId: '' };

export const isElsewhere = ({ pid }: Pick<ProcessIdentity, 'pid'>): boolean => pid === nowhereHere.pid;
