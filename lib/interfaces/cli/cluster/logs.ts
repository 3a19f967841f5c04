import { workloadOf } from '../../../domain/kubernetes/labels.ts';
import type { ServiceName } from '../../../domain/service.ts';
import { systemClock } from '../../../runtime/clock.ts';
import type { Cluster, LogSpan, PodLine, Refusal } from '../../../runtime/kubernetes/cluster.ts';
import { followClusterLogs, refusedPause } from '../../../supervisor/cluster/follow-logs.ts';
import { toSafeText } from '../../../util/terminal-text.ts';
import { quoteWord } from '../../exporters/shell.ts';
import { listenForSignals } from '../../session/signals.ts';
import type { CommandContext } from '../context.ts';
import { type LogRequest, toLogRequest } from '../logs/request.ts';
import { createLineTeller } from '../render/log-lines.ts';
import { withCluster } from './connect.ts';
import { createClusterMask } from './mask.ts';
import { type Prepared, prepareCluster } from './prepare.ts';

/** What the pods of each service on a cluster have written; with --follow also what they write from now on. */
export const logsOnCluster = async (context: CommandContext): Promise<number> => {
  const { args, stderr } = context;
  const request = toLogRequest(args);
  if (typeof request === 'string') {
    stderr.line(`muster: ${request}`);
    return 2;
  }
  const prepared = await prepareCluster(context, {
    names: args.positionals,
    noDeps: true,
    allProfiles: args.positionals.length === 0,
  });
  if (prepared === null) return 2;
  return await withCluster(context, 'logs', async (cluster) => {
    const logs = { context, prepared, cluster, request, show: createShow(context, prepared, request) };
    return request.follow ? await follow(logs) : await showBack(logs);
  });
};

type Show = (name: ServiceName, pod: string, line: PodLine) => void;

type Logs = {
  readonly context: CommandContext;
  readonly prepared: Prepared;
  readonly cluster: Cluster;
  readonly request: LogRequest;
  readonly show: Show;
};

const createShow = (context: CommandContext, prepared: Prepared, { format, wants }: LogRequest): Show => {
  const { stdout, env } = context;
  const { colour, unicode } = stdout;
  const tell = createLineTeller({ format, names: [...prepared.stack.services.keys()], colour, unicode });
  const hide = format === 'raw' ? (text: string) => text : createClusterMask(prepared.loaded, env);
  return (service, pod, { stamp, text }) => {
    if (wants === null || wants(text))
      stdout.line(tell({ service, stream: 'stdout', at: Date.parse(stamp), text: hide(text), pod }));
  };
};

const toSpan = ({ tail, since }: LogRequest): LogSpan => ({
  tail: Number.isFinite(tail) ? tail : null,
  since: since === null ? null : Date.now() - since,
});

/** Service by service; of several pods of one, in the order of time. */
const showBack = async ({ context, prepared, cluster, request, show }: Logs): Promise<number> => {
  const listed = await cluster.list('Pod', prepared.labels);
  if (!listed.ok) {
    context.stderr.line(`muster logs: ${listed.problem}`);
    return 2;
  }
  for (const name of prepared.stack.services.keys()) {
    const objectName = prepared.objects.get(name)?.objectName;
    const pods = listed.items.filter((pod) => workloadOf(pod) === objectName);
    const written = await Promise.all(
      pods.map(async ({ metadata }) => {
        const pod = metadata?.name ?? '';
        const lines = await cluster.logs(pod, toSpan(request));
        if (typeof lines !== 'string') return lines.map((line) => ({ pod, line }));
        context.stderr.line(`muster logs: ${pod}: ${toSafeText(lines, { colours: false })}`);
        return [];
      }),
    );
    const inOrder = written.flat().sort((a, b) => (a.line.stamp < b.line.stamp ? -1 : a.line.stamp > b.line.stamp ? 1 : 0));
    for (const { pod, line } of inOrder.slice(Math.max(0, inOrder.length - request.tail))) show(name, pod, line);
  }
  return 0;
};

/** What to type next. */
const toAdvice = ({ context, namespace }: Cluster, pod: string, { status }: Refusal): string => {
  const place = `--context ${quoteWord(context)} -n ${quoteWord(namespace)}`;
  return status === 401 || status === 403
    ? `"kubectl auth can-i get pods --subresource=log ${place}" says whether you may read it`
    : `"kubectl describe pod ${quoteWord(pod)} ${place}" says how it is`;
};

/** Until it is interrupted, or nobody reads any more. */
const follow = async ({ context, prepared, cluster, request, show }: Logs): Promise<number> => {
  const { stdout, stderr } = context;
  const names = new Map(
    [...prepared.stack.services.keys()].map((name) => [prepared.objects.get(name)?.objectName ?? name, name]),
  );
  const following = followClusterLogs({
    cluster,
    clock: systemClock,
    labels: prepared.labels,
    objectNames: new Set(names.keys()),
    span: toSpan(request),
    onLine: (objectName, pod, line) => show(names.get(objectName) ?? objectName, pod, line),
    onRefused: (objectName, pod, refusal) => {
      const told = `${refusal.problem}; ${toAdvice(cluster, pod, refusal)}; it is tried again every ${refusedPause / 1000} s`;
      stderr.line(`muster logs: ${names.get(objectName) ?? objectName}: ${toSafeText(told, { colours: false })}`);
    },
  });
  let unlisten: () => void = () => undefined;
  const ended = new Promise<number>((resolve) => {
    unlisten = listenForSignals(({ exitCode }) => resolve(exitCode));
    stdout.closed.addEventListener('abort', () => resolve(0), { once: true });
    if (stdout.closed.aborted) resolve(0);
  });
  try {
    const problem = await following.start();
    if (problem === null) return await ended;
    stderr.line(`muster logs: ${problem}`);
    return 2;
  } finally {
    unlisten();
    following.stop();
  }
};
