import type { ClusterEvent, ContainerStatus, Pod, TerminatedState } from './status.ts';

/**
 * Why a pod is not what it should be, as one clause without its subject. `isFinal`: waiting longer changes nothing. A Deployment only
 * says that its deadline has passed; what is wrong stands on its pods, and of a probe only in the events.
 */
export type Reason = {
  readonly text: string;
  readonly isFinal: boolean;
  /** It had started and has ended. */
  readonly hasEnded?: boolean;
  /** The last line that it wrote. */
  readonly said?: string;
};

export type Told = { readonly pod: Pod; readonly events: readonly ClusterEvent[]; readonly logLine: string | null };

/** Null: nothing is wrong, or nothing that anybody could tell. */
export const explainPod = ({ pod, events, logLine }: Told): Reason | null => {
  const { status } = pod;
  const unscheduled = status?.conditions?.find(({ type, status: value }) => type === 'PodScheduled' && value === 'False');
  if (unscheduled !== undefined)
    return {
      text: `fits on no node: ${plainSentence(unscheduled.message ?? unscheduled.reason ?? 'the scheduler does not say why')}`,
      isFinal: false,
    };
  if (status?.reason === 'Evicted')
    return { text: `was evicted from its node: ${plainSentence(status.message ?? 'the node does not say why')}`, isFinal: false };
  const gate = status?.initContainerStatuses?.find(
    ({ state }) => state?.terminated === undefined || (state.terminated.exitCode ?? 0) !== 0,
  );
  if (gate !== undefined) return explainGate(gate);
  const container = status?.containerStatuses?.find(({ ready }) => ready !== true);
  if (container === undefined) return null;
  return explainContainer(container, { pod, events, logLine });
};

const explainGate = (gate: ContainerStatus): Reason => {
  const waiting = gate.state?.waiting;
  if (waiting?.reason !== undefined && isImageProblem(waiting.reason))
    return { text: `the image of its gate, ${gate.image ?? '?'}, cannot be pulled`, isFinal: false };
  return { text: 'waits in its gate for what it depends on', isFinal: false };
};

const explainContainer = (container: ContainerStatus, told: Told): Reason | null => {
  const { state, lastState, restartCount = 0 } = container;
  const waiting = state?.waiting?.reason;
  const image = container.image ?? told.pod.spec?.containers?.[0]?.image ?? '?';
  if (waiting === 'InvalidImageName') return { text: `"${image}" is no name of an image`, isFinal: true };
  if (waiting !== undefined && isImageProblem(waiting)) return { text: tellImage(image, told.events), isFinal: false };
  if (waiting === 'CreateContainerConfigError' || waiting === 'CreateContainerError')
    return { text: `its container cannot be made: ${plainSentence(state?.waiting?.message ?? waiting)}`, isFinal: true };
  const ended = state?.terminated ?? lastState?.terminated;
  if (ended !== undefined && (state?.running === undefined || restartCount > 0)) return explainEnd(ended, told, restartCount);
  if (state?.running !== undefined) return explainProbe(container, told);
  return null;
};

const isImageProblem = (reason: string): boolean =>
  ['ErrImagePull', 'ImagePullBackOff', 'ErrImageNeverPull', 'RegistryUnavailable', 'ImageInspectError'].includes(reason);

/** The registry's own word for it, which stands at the end of a long chain. */
const tellImage = (image: string, events: readonly ClusterEvent[]): string => {
  const said =
    events.findLast(({ reason, message }) => reason === 'Failed' && message?.includes('Failed to pull image') === true)
      ?.message ?? '';
  if (/not found|manifest unknown/i.test(said)) return `its image ${image} does not exist, or not with this tag`;
  if (/unauthorized|denied|forbidden|authentication/i.test(said))
    return `its image ${image} may not be pulled: the registry asks for credentials`;
  if (/server gave HTTP response to HTTPS/i.test(said))
    return `its image ${image} cannot be pulled: the registry speaks HTTP, and its node asks by HTTPS`;
  if (/connection refused|no such host|i\/o timeout/i.test(said))
    return `its image ${image} cannot be pulled: the registry cannot be reached`;
  return `its image ${image} cannot be pulled`;
};

const explainEnd = (ended: TerminatedState, { pod, logLine }: Told, restarts: number): Reason => {
  const times = restarts > 0 ? `, ${restarts} ${restarts === 1 ? 'restart' : 'restarts'} so far` : '';
  if (ended.reason === 'OOMKilled') {
    const limit = pod.spec?.containers?.[0]?.resources?.limits?.memory;
    return {
      text: `was killed because it used more memory than ${limit === undefined ? 'there was' : `its limit of ${limit}`}${times}`,
      isFinal: false,
      hasEnded: true,
    };
  }
  if (ended.reason === 'StartError' || ended.reason === 'ContainerCannotRun') {
    const command = pod.spec?.containers?.[0]?.command?.[0] ?? '?';
    const isMissing = /executable file not found|no such file or directory/i.test(ended.message ?? '');
    return isMissing
      ? { text: `its program "${command}" is not in the image`, isFinal: true }
      : { text: `its program "${command}" cannot be started: ${lastClause(ended.message ?? '')}`, isFinal: true };
  }
  if (ended.reason === 'DeadlineExceeded') return { text: 'took longer than it may', isFinal: true };
  const how =
    ended.signal !== undefined && ended.signal !== 0
      ? `was ended by signal ${ended.signal}`
      : `exited with code ${ended.exitCode ?? '?'}`;
  return { text: `${how}${times}`, isFinal: false, hasEnded: true, ...(logLine === null ? {} : { said: logLine }) };
};

/** It runs and is not ready: what its probe met stands in the events only. */
const explainProbe = ({ started }: ContainerStatus, { events }: Told): Reason => {
  const event = events.findLast(({ reason }) => reason === 'Unhealthy');
  const [, answer] = /^(?:Readiness|Startup|Liveness) probe (?:failed|errored): ?([\s\S]*)$/.exec(event?.message ?? '') ?? [];
  const text = started === false && answer === undefined ? 'runs, and has not answered its check yet' : 'runs, and is not ready';
  return { text: answer === undefined ? text : `runs, and is not ready: ${plainProbe(answer)}`, isFinal: false };
};

/** `Get "http://10.244.1.7:8080/health": dial tcp 10.244.1.7:8080: connect: connection refused` in the words of people. */
const plainProbe = (answer: string): string => {
  const [, url] = /^Get "?([^"\s]+?)"?: /.exec(answer) ?? [];
  const what = url === undefined ? null : url.replace(/^https?:\/\/(?:\[[^\]]*\]|[^/:]*)/, '');
  const [, port] = /dial tcp [^\s]*:(\d+)/.exec(answer) ?? [];
  if (/connection refused/.test(answer)) return `nothing listens on port ${port ?? what ?? 'that it is asked on'}`;
  if (/context deadline exceeded|Client\.Timeout|i\/o timeout/.test(answer))
    return `no answer in time${what === null ? '' : ` from ${what}`}`;
  const [, code] = /HTTP probe failed with statuscode: (\d+)/.exec(answer) ?? [];
  if (code !== undefined) return `its check answers with status ${code}`;
  return plainSentence(lastClause(answer));
};

const lastClause = (text: string): string =>
  plainSentence(
    text
      .replace(/: unknown$/, '')
      .split(': ')
      .at(-1) ?? text,
  );

/** Without a full stop, on one line, and not longer than a line is. */
const plainSentence = (text: string): string => text.trim().replaceAll(/\s+/g, ' ').replace(/\.$/, '').slice(0, 200);
