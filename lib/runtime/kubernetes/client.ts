import { toData, toProblem } from './answer.ts';
import { apply, manager, preview, toApplied } from './apply.ts';
import {
  type Cluster,
  type Item,
  type Labels,
  type Listed,
  type LogSpan,
  type PodLine,
  toPath,
  type WatchRequest,
} from './cluster.ts';
import { type Answer, type Call, send, stream } from './http.ts';
import { createNamespaceClient } from './namespace.ts';

export type ClientOptions = {
  /** Where the API of the cluster is answered, with its authentication done. */
  readonly socketPath: string;
  readonly namespace: string;
  readonly context: string;
  readonly close: () => Promise<void>;
};

/** The API of a cluster over a unix socket: what `kubectl proxy` serves. */
export const createClusterClient = ({ socketPath, namespace, context, close }: ClientOptions): Cluster => {
  /** The answer, or why there is none. */
  const ask = async (call: Call): Promise<Answer | string> => {
    try {
      return await send(socketPath, call);
    } catch (error) {
      return `the cluster cannot be reached: ${error instanceof Error ? error.message : String(error)}`;
    }
  };
  const listItems = async (path: string): Promise<Listed> => {
    const answer = await ask({ method: 'GET', path });
    if (typeof answer === 'string') return { ok: false, problem: answer };
    const data = toData(answer.text);
    if (answer.status !== 200 || data === null) return { ok: false, problem: toProblem(answer) };
    const { items, metadata } = data as { items?: readonly Item[]; metadata?: { resourceVersion?: string } };
    return { ok: true, items: Array.isArray(items) ? items : [], version: metadata?.resourceVersion ?? '' };
  };

  return {
    namespace,
    context,
    apply: (object, force) => apply({ object, force, namespace, ask }),
    preview: (object, force) => preview({ object, force, namespace, ask }),
    renewPods: async (deployment) => {
      const template = { metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': new Date().toISOString() } } };
      // In a name of its own: a further application in ours would take away what it does not say.
      const path = `${toPath('Deployment', namespace, deployment)}?fieldManager=${manager}-restart`;
      const body = JSON.stringify({ spec: { template } });
      return toApplied(await ask({ method: 'PATCH', path, body, contentType: 'application/strategic-merge-patch+json' }));
    },
    remove: async ({ kind, name }) => {
      const answer = await ask({ method: 'DELETE', path: `${toPath(kind, namespace, name)}?propagationPolicy=Background` });
      if (typeof answer === 'string') return answer;
      return answer.status === 404 || answer.status < 300 ? null : toProblem(answer);
    },
    list: (kind, labels) => listItems(`${toPath(kind, namespace)}?labelSelector=${toSelector(labels)}`),
    eventsOf: async (pod) => {
      const field = encodeURIComponent(`involvedObject.name=${pod}`);
      const listed = await listItems(`/api/v1/namespaces/${encodeURIComponent(namespace)}/events?fieldSelector=${field}`);
      return listed.ok ? [...listed.items].sort((a, b) => compare(timeOf(a), timeOf(b))) : [];
    },
    tail: async (pod, lines) => {
      const read = async (previous: boolean): Promise<readonly string[]> => {
        const path = `${toPath('Pod', namespace, pod)}/log?container=main&tailLines=${lines}${previous ? '&previous=true' : ''}`;
        const answer = await ask({ method: 'GET', path });
        if (typeof answer === 'string' || answer.status !== 200) return [];
        return answer.text.split('\n').filter((line) => line !== '' && !isNoLog(line));
      };
      const now = await read(false);
      return now.length > 0 ? now : await read(true);
    },
    logs: async (pod, span) => {
      const answer = await ask({ method: 'GET', path: toLogPath(namespace, pod, span) });
      if (typeof answer === 'string') return answer;
      return answer.status === 200 ? answer.text.split('\n').flatMap(toPodLine) : toProblem(answer);
    },
    followLogs: (pod, span, { onLine, onEnd }) =>
      stream(socketPath, {
        path: `${toLogPath(namespace, pod, span)}&follow=true`,
        onLine: (line) => toPodLine(line).forEach(onLine),
        onEnd: (refusal) => onEnd(refusal === null ? null : { status: refusal.status, problem: toProblem(refusal) }),
      }),
    ...createNamespaceClient(namespace, ask),
    watch: ({ kind, labels, version, onItem, onEnd }: WatchRequest) => {
      const query = `watch=true&labelSelector=${toSelector(labels)}&resourceVersion=${encodeURIComponent(version)}`;
      const watching = stream(socketPath, {
        path: `${toPath(kind, namespace)}?${query}`,
        onLine: (line) => {
          const event: { type?: string; object?: Item } | null = toData(line);
          // What is older than the cluster remembers: whoever watches looks at everything anew.
          if (event?.type === 'ERROR') {
            watching.stop();
            onEnd();
          } else if (event?.object !== undefined && event.type !== 'BOOKMARK')
            onItem({ kind, ...event.object }, event.type === 'DELETED');
        },
        onEnd: () => onEnd(),
      });
      return watching;
    },
    close,
  };
};

const toLogPath = (namespace: string, pod: string, { tail, since }: LogSpan): string => {
  const lines = tail === null ? '' : `&tailLines=${tail}`;
  const from = since === null ? '' : `&sinceTime=${encodeURIComponent(new Date(since).toISOString())}`;
  return `${toPath('Pod', namespace, pod)}/log?container=main&timestamps=true${lines}${from}`;
};

/** `2026-11-29T10:02:03.123456789Z what it wrote` */
const toPodLine = (line: string): readonly PodLine[] => {
  const blank = line.indexOf(' ');
  return line === ''
    ? []
    : [blank < 0 ? { stamp: line, text: '' } : { stamp: line.slice(0, blank), text: line.slice(blank + 1) }];
};

const timeOf = (event: Item): string => {
  const { lastTimestamp, eventTime } = event as { lastTimestamp?: string | null; eventTime?: string | null };
  return lastTimestamp ?? eventTime ?? '';
};

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const toSelector = (labels: Labels): string =>
  encodeURIComponent(
    Object.entries(labels)
      .map(([key, value]) => `${key}=${value}`)
      .join(','),
  );

/** What a node answers, as if the program had said it, when it has thrown the log away with its container. */
const isNoLog = (line: string): boolean => line.startsWith('unable to retrieve container logs for ');
