import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

/** An object as it stands in the fake: what was applied, and what the cluster says of it. */
export type Stored = {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly labels?: Readonly<Record<string, string>>;
    generation: number;
    resourceVersion: string;
  };
  readonly spec?: unknown;
  /** Of a Secret. */
  readonly data?: unknown;
  status?: unknown;
  /** Of Endpoints. */
  readonly subsets?: unknown;
};

export type FakeCluster = {
  readonly server: Server;
  /** Every change that was asked for, in order: `apply Deployment db`, `remove Job migrate-1`. */
  readonly asked: readonly string[];
  readonly objects: (kind: string) => readonly Stored[];
  /** Says something of an object, or makes one that the cluster makes by itself: a pod. */
  readonly put: (kind: string, name: string, change: Partial<Stored>) => void;
  readonly drop: (kind: string, name: string) => void;
  readonly events: { involvedObject: { name: string }; reason: string; message: string }[];
  readonly logs: Map<string, string>;
  /** A further line of a pod, also for those who follow it. */
  readonly write: (pod: string, line: string) => void;
  /** All connections of those who follow logs are lost. */
  readonly endLogs: () => void;
  /** Resolves when somebody follows the log of this pod. */
  readonly followed: (pod: string) => Promise<void>;
  readonly namespace: { state: 'Active' | 'Terminating' | 'absent'; hasAccount: boolean };
  /** What we have no right to, as a role names it: `delete deployments`, `get pods/log`, `patch namespaces`. */
  readonly forbidden: Set<string>;
  /** Fields that somebody else owns, by `Kind/name`. */
  readonly owned: Map<string, { readonly field: string; readonly manager: string }>;
  /** All watches end, as they do after some minutes. */
  readonly endWatches: () => void;
  readonly close: () => Promise<void>;
};

export type FakeOptions = {
  /** What the cluster does about an object that is new or another, at once. */
  readonly react?: (object: Stored, cluster: FakeCluster) => void;
};

const plurals: Readonly<Record<string, string>> = {
  deployments: 'Deployment',
  jobs: 'Job',
  services: 'Service',
  secrets: 'Secret',
  ingresses: 'Ingress',
  pods: 'Pod',
  endpoints: 'Endpoints',
};

/** Just enough of the API of Kubernetes: server-side apply, lists and watches by label, deletion, events, logs. */
export const createFakeCluster = ({ react }: FakeOptions = {}): FakeCluster => {
  const objects = new Map<string, Stored>();
  const watches = new Set<{ readonly kind: string; readonly labels: Labels; readonly response: ServerResponse }>();
  const asked: string[] = [];
  const followers = new Set<{ readonly pod: string; readonly response: ServerResponse }>();
  const awaiting: { readonly pod: string; readonly resolve: () => void }[] = [];
  let version = 0;

  /** All that was ever told, by the version at which it was: a watch begins where its list ended. */
  const told: { readonly version: number; readonly type: string; readonly object: Stored }[] = [];

  const tell = (type: string, object: Stored): void => {
    told.push({ version, type, object });
    for (const { kind, labels, response } of watches)
      if (kind === object.kind && hasLabels(object, labels)) response.write(`${JSON.stringify({ type, object })}\n`);
  };

  const store = (
    kind: string,
    name: string,
    change: Partial<Stored>,
    isSpec: boolean,
  ): { readonly stored: Stored; readonly isNew: boolean } => {
    const key = `${kind}/${name}`;
    const before = objects.get(key);
    const same = before !== undefined && isSpec && contentOf(before) === contentOf(change);
    if (before !== undefined && same) return { stored: before, isNew: false };
    version += 1;
    const generation = (before?.metadata.generation ?? 0) + (isSpec ? 1 : 0);
    const metadata = { ...before?.metadata, ...change.metadata, name, generation, resourceVersion: String(version) };
    const stored: Stored = { ...before, ...change, kind, metadata };
    objects.set(key, stored);
    tell(before === undefined ? 'ADDED' : 'MODIFIED', stored);
    return { stored, isNew: true };
  };

  const drop = (kind: string, name: string): void => {
    const found = objects.get(`${kind}/${name}`);
    if (!objects.delete(`${kind}/${name}`) || found === undefined) return;
    version += 1;
    tell('DELETED', found);
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<unknown> => {
    const url = new URL(request.url ?? '/', 'http://cluster');
    const [, plural = '', name, sub] = /\/namespaces\/[^/]+\/([^/]+)(?:\/([^/]+))?(?:\/([^/]+))?$/.exec(url.pathname) ?? [];
    const say = (status: number, body: unknown): unknown =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    const kind = plurals[plural] ?? '';
    const forbidden = toForbidden(request.method, [plural, name, sub]);
    if (fake.forbidden.has(forbidden.right)) return say(403, forbidden.answer);
    if (plural === 'events') {
      const pod = /involvedObject\.name=(.*)/.exec(url.searchParams.get('fieldSelector') ?? '')?.[1];
      return say(200, { items: fake.events.filter(({ involvedObject }) => involvedObject.name === pod) });
    }
    if (/\/namespaces\/[^/]+$/.test(url.pathname)) {
      if (request.method === 'PATCH') {
        asked.push('create namespace');
        fake.namespace.state = 'Active';
      }
      const { state } = fake.namespace;
      return state === 'absent' ? say(404, { message: 'not found' }) : say(200, { status: { phase: state } });
    }
    if (plural === 'serviceaccounts') {
      const { hasAccount } = fake.namespace;
      // It comes a moment later, as it does in a cluster.
      fake.namespace.hasAccount = true;
      return say(hasAccount ? 200 : 404, {});
    }
    if (sub === 'log') {
      const pod = name ?? '';
      const { searchParams } = url;
      const isStamped = searchParams.get('timestamps') === 'true';
      const since = searchParams.get('sinceTime') ?? '';
      const lines = (fake.logs.get(pod) ?? '').split('\n').slice(0, -1);
      const told = lines.map((line, index) => ({ line, stamp: toStamp(index) })).filter(({ stamp }) => stamp >= since);
      const wanted = searchParams.get('tailLines');
      const last = wanted === null ? told : told.slice(told.length - Math.min(told.length, Number(wanted)));
      response.writeHead(200);
      response.write(last.map(({ line, stamp }) => `${isStamped ? `${stamp} ` : ''}${line}\n`).join(''));
      if (searchParams.get('follow') !== 'true') return response.end();
      response.flushHeaders();
      const follower = { pod, response };
      followers.add(follower);
      response.on('close', () => followers.delete(follower));
      for (const waiter of awaiting) if (waiter.pod === pod) waiter.resolve();
      return null;
    }
    if (kind === '') return say(404, { message: `there is no ${url.pathname}` });
    const labels = toLabels(url.searchParams.get('labelSelector'));
    if (request.method === 'GET' && url.searchParams.get('watch') === 'true') {
      response.writeHead(200);
      // So that whoever watches sees the answer begin.
      response.flushHeaders();
      const watch = { kind, labels, response };
      watches.add(watch);
      const since = Number(url.searchParams.get('resourceVersion'));
      for (const past of told)
        if (past.version > since && past.object.kind === kind && hasLabels(past.object, labels))
          response.write(`${JSON.stringify({ type: past.type, object: past.object })}\n`);
      response.on('close', () => watches.delete(watch));
      return null;
    }
    if (request.method === 'GET' && name !== undefined) {
      const found = objects.get(`${kind}/${name}`);
      return found === undefined ? say(404, { message: `${plural} "${name}" not found` }) : say(200, found);
    }
    if (request.method === 'GET') {
      const items = [...objects.values()].filter((object) => object.kind === kind && hasLabels(object, labels));
      return say(200, { items, metadata: { resourceVersion: String(version) } });
    }
    if (request.method === 'DELETE') {
      asked.push(`remove ${kind} ${name}`);
      if (!objects.has(`${kind}/${name}`)) return say(404, { message: `${plural} "${name}" not found` });
      const found = objects.get(`${kind}/${name}`);
      drop(kind, name ?? '');
      if (found !== undefined) react?.({ ...found, metadata: { ...found.metadata, generation: -1 } }, fake);
      return say(200, {});
    }
    if (request.headers['content-type'] === 'application/strategic-merge-patch+json') {
      asked.push(`renew ${kind} ${name}`);
      const before = objects.get(`${kind}/${name}`);
      if (before === undefined) return say(404, { message: `${plural} "${name}" not found` });
      const { stored } = store(kind, name ?? '', { spec: { ...(before.spec as object), renewed: version } }, true);
      say(200, stored);
      react?.(stored, fake);
      return null;
    }
    if (request.headers['content-type'] !== 'application/apply-patch+yaml') return say(415, { message: 'not an apply' });
    const wanted = JSON.parse(await readBody(request)) as Stored;
    const isDry = url.searchParams.get('dryRun') === 'All';
    if (!isDry) asked.push(`apply ${kind} ${name}`);
    const owner = fake.owned.get(`${kind}/${name}`);
    if (owner !== undefined && url.searchParams.get('force') !== 'true') {
      const causes = [
        { reason: 'FieldManagerConflict', message: `conflict with "${owner.manager}" using apps/v1`, field: `.${owner.field}` },
      ];
      return say(409, { message: 'Apply failed with 1 conflict', details: { causes } });
    }
    if (isDry) {
      const before = objects.get(`${kind}/${name}`);
      return say(200, before !== undefined && contentOf(before) === contentOf(wanted) ? before : { ...before, ...wanted });
    }
    const { stored, isNew } = store(kind, name ?? '', wanted, true);
    say(200, stored);
    if (isNew) react?.(stored, fake);
    return null;
  };

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) =>
      response.destroy(error instanceof Error ? error : new Error(String(error))),
    );
  });
  const fake: FakeCluster = {
    server,
    asked,
    objects: (kind) => [...objects.values()].filter((object) => object.kind === kind),
    put: (kind, name, change) => void store(kind, name, change, false),
    drop,
    events: [],
    logs: new Map(),
    write: (pod, line) => {
      const text = fake.logs.get(pod) ?? '';
      fake.logs.set(pod, `${text}${line}\n`);
      for (const follower of followers)
        if (follower.pod === pod) follower.response.write(`${toStamp(text.split('\n').length - 1)} ${line}\n`);
    },
    endLogs: () => {
      for (const { response } of [...followers]) response.end();
      followers.clear();
    },
    followed: (pod) =>
      new Promise((resolve) => {
        if ([...followers].some((follower) => follower.pod === pod)) resolve();
        else awaiting.push({ pod, resolve });
      }),
    namespace: { state: 'Active', hasAccount: true },
    forbidden: new Set(),
    owned: new Map(),
    endWatches: () => {
      const ending = [...watches];
      watches.clear();
      for (const { response } of ending) response.end();
    },
    close: async () => {
      for (const { response } of [...watches, ...followers]) response.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return fake;
};

/** What a cluster says to those who have no right to it; without a `plural` it is about the namespace itself. */
const toForbidden = (
  method: string | undefined,
  [plural, name, sub]: readonly [string, string | undefined, string | undefined],
): { readonly right: string; readonly answer: object } => {
  const verb = method === 'GET' && name === undefined && plural !== '' ? 'list' : (method ?? 'GET').toLowerCase();
  const resource = plural === '' ? 'namespaces' : sub === undefined ? plural : `${plural}/${sub}`;
  const what = plural === '' ? 'namespaces "team"' : `${plural} "${name}"`;
  const message = `${what} is forbidden: User "jane" cannot ${verb} resource "${resource}" in the namespace "team"`;
  return { right: `${verb} ${resource}`, answer: { kind: 'Status', status: 'Failure', message, reason: 'Forbidden', code: 403 } };
};

/** Of a line: a second after the one before it. */
const toStamp = (index: number): string => new Date(Date.UTC(2026, 0, 1) + index * 1000).toISOString().replace('Z', '000000Z');

const contentOf = ({ spec, data }: Partial<Stored>): string => JSON.stringify({ spec, data });

type Labels = Readonly<Record<string, string>>;

const toLabels = (selector: string | null): Labels =>
  Object.fromEntries(
    (selector ?? '').split(',').flatMap((pair) => (pair.includes('=') ? [pair.split('=') as [string, string]] : [])),
  );

const hasLabels = ({ metadata }: Stored, labels: Labels): boolean =>
  Object.entries(labels).every(([key, value]) => metadata.labels?.[key] === value);

const readBody = async (request: IncomingMessage): Promise<string> => {
  let text = '';
  request.setEncoding('utf8');
  for await (const chunk of request) text += String(chunk);
  return text;
};

type Template = { readonly replicas?: number; readonly template?: { readonly metadata?: { readonly labels?: Labels } } };

/** What a cluster on which everything goes well does: pods come, Deployments get ready, Jobs complete, and all of it goes again. */
export const goesWell = (object: Stored, cluster: FakeCluster): void => {
  const { kind, metadata } = object;
  if (kind !== 'Deployment' && kind !== 'Job') return;
  const pod = `${metadata.name}-pod`;
  if (metadata.generation === -1) {
    cluster.drop('Pod', pod);
    cluster.drop('Endpoints', metadata.name);
    return;
  }
  const { replicas = 1, template } = object.spec as Template;
  const labels = { ...template?.metadata?.labels, ...(kind === 'Job' ? { 'job-name': metadata.name } : {}) };
  cluster.put('Pod', pod, {
    metadata: { name: pod, labels, generation: 1, resourceVersion: '' },
    status: { containerStatuses: [{ ready: true, state: { running: {} } }] },
  });
  if (kind === 'Deployment') {
    const addresses = Array.from({ length: replicas }, (_, index) => ({ ip: `10.0.0.${index + 1}` }));
    cluster.put('Endpoints', metadata.name, {
      metadata: { name: metadata.name, labels, generation: 1, resourceVersion: '' },
      subsets: [{ addresses }],
    });
  }
  const counts = {
    observedGeneration: metadata.generation,
    replicas,
    updatedReplicas: replicas,
    readyReplicas: replicas,
    availableReplicas: replicas,
  };
  cluster.put(kind, metadata.name, {
    status: kind === 'Job' ? { succeeded: 1, conditions: [{ type: 'Complete', status: 'True' }] } : counts,
  });
};
