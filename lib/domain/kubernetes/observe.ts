import type { ClusterEvent, Pod, WorkloadObject } from './status.ts';
import { explainPod, type Reason } from './why.ts';

/** What a cluster says of one workload. */
export type Seen = {
  readonly object: WorkloadObject | null;
  /** Its own, in any order. */
  readonly pods: readonly Pod[];
  /** Of its pods, oldest first. */
  readonly events: readonly ClusterEvent[];
  /** The last line that its newest pod wrote; null: none is known. */
  readonly logLine: string | null;
};

export type Observation =
  /** It is not there, or is on its way out. */
  | { readonly kind: 'absent' }
  /**
   * `reason`: what it waits for, or meets; null: nothing that anybody could tell. `said`: the last line that it wrote.
   * `hasEnded`: it had started, and has ended. `isBrief`: it comes with every start, and is over in a moment as a rule.
   */
  | {
      readonly kind: 'progressing';
      readonly reason: string | null;
      readonly said?: string;
      readonly hasEnded?: boolean;
      readonly isBrief?: boolean;
    }
  | { readonly kind: 'ready' }
  | { readonly kind: 'completed' }
  | { readonly kind: 'failed'; readonly reason: string; readonly said?: string };

/** Restarts of a container after which it is not going to be well by itself. */
const mostRestarts = 3;

/**
 * What has become of a workload. A Deployment is ready when the cluster has seen its newest form and all of its pods of that form are
 * ready; a Job has ended when a condition says so.
 */
export const observe = (seen: Seen): Observation => {
  const { object } = seen;
  if (object === null) return { kind: 'absent' };
  return object.kind === 'Job' ? observeJob(object, seen) : observeDeployment(object, seen);
};

const observeJob = ({ status }: WorkloadObject, seen: Seen): Observation => {
  const has = (type: string): boolean =>
    status?.conditions?.some((condition) => condition.type === type && condition.status === 'True') === true;
  if (has('Complete')) return { kind: 'completed' };
  const reason = explainAll(seen);
  if (has('Failed')) {
    const isLate = status?.conditions?.some(({ reason: why }) => why === 'DeadlineExceeded') === true;
    if (isLate) return { kind: 'failed', reason: 'took longer than it may' };
    return reason === null
      ? { kind: 'failed', reason: 'failed, and no pod of it is left to say why' }
      : { kind: 'failed', ...toTold(reason) };
  }
  return toVerdict(reason, reason?.isFinal === true);
};

const observeDeployment = ({ metadata, spec, status }: WorkloadObject, seen: Seen): Observation => {
  const wanted = spec?.replicas ?? 1;
  const isSeen = (status?.observedGeneration ?? 0) >= (metadata?.generation ?? 0);
  const isWhole =
    (status?.updatedReplicas ?? 0) >= wanted && (status?.readyReplicas ?? 0) >= wanted && (status?.replicas ?? 0) <= wanted;
  // Some have been ready for as long as they have to be, which only "available" says.
  const isLasting = (status?.availableReplicas ?? 0) >= wanted;
  if (isSeen && isWhole && isLasting) return { kind: 'ready' };
  const reason = explainAll(seen);
  const restarts = Math.max(
    0,
    ...seen.pods.flatMap(({ status: pod }) => (pod?.containerStatuses ?? []).map(({ restartCount = 0 }) => restartCount)),
  );
  const isHopeless = reason !== null && (reason.isFinal || (restarts >= mostRestarts && isCrashing(seen.pods)));
  return toVerdict(reason, isHopeless);
};

const toVerdict = (reason: Reason | null, isFailed: boolean): Observation => {
  if (reason === null) return { kind: 'progressing', reason: null };
  if (isFailed) return { kind: 'failed', ...toTold(reason) };
  return { kind: 'progressing', ...toTold(reason), ...(reason.hasEnded === true ? { hasEnded: true } : {}) };
};

const toTold = ({ text, said }: Reason): { readonly reason: string; readonly said?: string } =>
  said === undefined ? { reason: text } : { reason: text, said };

const isCrashing = (pods: readonly Pod[]): boolean =>
  pods.some(({ status }) => (status?.containerStatuses ?? []).some(({ state }) => state?.running === undefined));

/** Of several pods, the first that has something to tell: what can never be mended first, and the newest of the others. */
const explainAll = ({ pods, events, logLine }: Seen): Reason | null => {
  const newestFirst = [...pods].sort((a, b) => {
    const [one, other] = [a, b].map(({ metadata }) => metadata?.creationTimestamp ?? '');
    return one === other ? 0 : (one ?? '') < (other ?? '') ? 1 : -1;
  });
  const reasons = newestFirst.flatMap((pod) => {
    const own = events.filter(({ involvedObject }) => involvedObject?.name === pod.metadata?.name);
    const reason = explainPod({ pod, events: own, logLine });
    return reason === null ? [] : [reason];
  });
  return reasons.find(({ isFinal }) => isFinal) ?? reasons[0] ?? null;
};
