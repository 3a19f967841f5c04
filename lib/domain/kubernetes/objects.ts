import type { ServiceName, Stack } from '../service.ts';
import { toLabels, toSelector } from './labels.ts';
import { clean, definitionKey, type Json, type JsonMap, type KubernetesObject, toSeconds } from './object.ts';
import { type PodContext, secretKeys, secretName, toPodSpec } from './pod.ts';
import { firstPort } from './text.ts';
import { type Graph, toWorkloads, type Workload } from './workload.ts';

export type KubernetesInput = {
  readonly stack: Stack;
  readonly graph: Graph;
  /** Names of variables, by service, whose values must not be in an object. */
  readonly secrets: ReadonlyMap<ServiceName, ReadonlySet<string>>;
  /** Names of variables, by service, that its own text refers to and that are looked up in its Secret, too. */
  readonly references: ReadonlyMap<ServiceName, readonly string[]>;
  readonly hash: (text: string) => string;
  /** True where all is applied at once. */
  readonly hasGates: boolean;
};

export type Remark = { readonly service: ServiceName | null; readonly text: string };

export type Kubernetes = {
  /** In the order of the graph; of each what it needs first. */
  readonly objects: readonly { readonly service: ServiceName; readonly objects: readonly KubernetesObject[] }[];
  /** Secrets that have to be there, with the names in them. */
  readonly secrets: readonly { readonly service: ServiceName; readonly name: string; readonly keys: readonly string[] }[];
  readonly losses: readonly Remark[];
  /** What keeps the stack from being run on a cluster. */
  readonly problems: readonly Remark[];
};

/** A stack as objects of Kubernetes. Decides only: nothing is asked of a cluster, and no value of a secret is in it. */
export const toKubernetes = (input: KubernetesInput): Kubernetes => {
  const { stack, graph, secrets, hasGates } = input;
  const workloads = toWorkloads(stack.services, graph);
  const losses: Remark[] = [];
  const problems: Remark[] = findCollisions(workloads);
  const isSecret = (service: ServiceName, variable: string): boolean => secrets.get(service)?.has(variable) === true;
  const context: PodContext = {
    workloads: new Map(workloads.map((workload) => [workload.name, workload])),
    isSecret,
    references: input.references,
    root: stack.root,
    hasGates,
    lose: (service, text) => void losses.push({ service, text }),
    refuse: (service, text) => void problems.push({ service, text }),
  };
  if (workloads.some(({ service }) => service.type === 'service' && service.restart.policy === 'on-failure'))
    losses.push({
      service: null,
      text: 'that services are started again only when they fail: a Deployment does so whatever their exit code',
    });
  if (hasGates && Object.keys(stack.hooks.commands).length > 0)
    losses.push({ service: null, text: 'the hooks of the stack: only "muster up --on kubernetes" runs them' });
  const ordered = [...workloads].sort((a, b) => a.depth - b.depth);
  return {
    objects: ordered.map((workload) => ({ service: workload.name, objects: toObjects(workload, input, context) })),
    secrets: ordered.flatMap((workload) => {
      const keys = secretKeys(workload, context);
      return keys.length === 0 ? [] : [{ service: workload.name, name: secretName(workload), keys }];
    }),
    losses,
    problems,
  };
};

/** Names that are different here and the same there. */
const findCollisions = (workloads: readonly Workload[]): Remark[] => {
  const owners = new Map<string, ServiceName>();
  return workloads.flatMap(({ name, objectName }): Remark[] => {
    const owner = owners.get(objectName);
    owners.set(objectName, owner ?? name);
    return owner === undefined
      ? []
      : [{ service: name, text: `on a cluster it is called "${objectName}", and so is "${owner}": rename one` }];
  });
};

const toObjects = (workload: Workload, input: KubernetesInput, context: PodContext): readonly KubernetesObject[] => {
  const labels = toLabels(workload, input.stack.name);
  const metadata = { labels, annotations: toAnnotations(workload, input) };
  const network = [...toServices(workload, metadata, input.stack), ...toIngresses(workload, metadata, context)];
  const main = workload.service.type === 'task' ? toJob(workload, input, context) : toDeployment(workload, input, context);
  const objects = [...network, main].map((object) => clean(object as unknown as Json) as unknown as KubernetesObject);
  return input.hasGates ? objects : withDefinition(objects, input.hash(JSON.stringify(objects)));
};

/** By this, what stands on a cluster is known to be what the file has. It is last: the Deployment or Job. */
const withDefinition = (objects: readonly KubernetesObject[], hash: string): readonly KubernetesObject[] =>
  objects.map((object, index) => {
    if (index < objects.length - 1) return object;
    const { annotations } = object.metadata as { readonly annotations?: JsonMap };
    return { ...object, metadata: { ...object.metadata, annotations: { ...annotations, [definitionKey]: hash.slice(0, 16) } } };
  });

/** Argo CD applies wave after wave, each when the one before is well. */
const toAnnotations = ({ name, depth }: Workload, { hasGates }: KubernetesInput): JsonMap => ({
  'muster/service': name,
  'argocd.argoproj.io/sync-wave': hasGates ? String(depth) : undefined,
});

const toDeployment = (workload: Workload, input: KubernetesInput, context: PodContext): KubernetesObject => {
  const { service, objectName, count } = workload;
  const labels = toLabels(workload, input.stack.name);
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: objectName, labels, annotations: toAnnotations(workload, input) },
    spec: {
      replicas: count,
      selector: { matchLabels: toSelector(workload, input.stack.name) },
      // Without a check, it counts as started when it has lived for so long.
      minReadySeconds: service.ready === null && service.startupDelay > 0 ? toSeconds(service.startupDelay) : undefined,
      template: { metadata: { labels }, spec: toPodSpec(workload, context) },
    },
  };
};

/** The template of a Job can never be changed, so each one has its content in its name. */
const toJob = (workload: Workload, input: KubernetesInput, context: PodContext): KubernetesObject => {
  const { service, objectName } = workload;
  const labels = toLabels(workload, input.stack.name);
  const template = clean({ metadata: { labels }, spec: toPodSpec(workload, context) }) as JsonMap;
  const name = `${objectName}-${input.hash(JSON.stringify(template)).slice(0, 8)}`;
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, labels, annotations: toAnnotations(workload, input) },
    spec: {
      backoffLimit: service.restart.policy === 'no' ? 0 : service.restart.max,
      activeDeadlineSeconds: service.healthTimeout === null ? undefined : toSeconds(service.healthTimeout),
      template,
    },
  };
};

type Metadata = { readonly labels: Readonly<Record<string, string>>; readonly annotations: JsonMap };

/** The name by which others find it. */
const toServices = (workload: Workload, metadata: Metadata, stack: Stack): readonly KubernetesObject[] => {
  const { service, objectName } = workload;
  const taken = new Set<string>();
  const ports = service.ports.flatMap(({ name, wanted }): readonly Json[] =>
    wanted === null ? [] : [{ name: toPortName(name, wanted, taken), port: wanted, targetPort: wanted, protocol: 'TCP' }],
  );
  if (ports.length === 0) return [];
  const isOutside = service.cluster.expose !== null && service.cluster.expose.host === null;
  const spec = { type: isOutside ? 'LoadBalancer' : 'ClusterIP', selector: toSelector(workload, stack.name), ports };
  return [{ apiVersion: 'v1', kind: 'Service', metadata: { name: objectName, ...metadata }, spec }];
};

/** At most 15 lower case letters, digits and `-`, with a letter among them; that of another port of the Service is not given again. */
const toPortName = (name: string | null, port: number, taken: Set<string>): string => {
  const plain = (name ?? '').toLowerCase().replaceAll(/[^a-z0-9-]+/g, '-');
  const short = plain
    .slice(0, 15)
    .replaceAll(/^-+|-+$/g, '')
    .replaceAll(/-{2,}/g, '-');
  const numbered = `p-${port}`;
  let free = /[a-z]/.test(short) && !taken.has(short) ? short : numbered;
  for (let n = 2; taken.has(free); n += 1) free = `${numbered}-${n}`;
  taken.add(free);
  return free;
};

const toIngresses = (workload: Workload, metadata: Metadata, { refuse }: PodContext): readonly KubernetesObject[] => {
  const { service, objectName, name } = workload;
  const { expose } = service.cluster;
  const number = firstPort(service);
  if (expose !== null && number === null) refuse(name, '"expose" needs a port');
  if (expose === null || expose.host === null || number === null) return [];
  const backend = { service: { name: objectName, port: { number } } };
  const rule = { host: expose.host, http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } };
  return [
    { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata: { name: objectName, ...metadata }, spec: { rules: [rule] } },
  ];
};
