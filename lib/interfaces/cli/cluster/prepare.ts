import { createHash } from 'node:crypto';
import { buildGraph, type ServiceGraph } from '../../../domain/graph.ts';
import type { KubernetesObject } from '../../../domain/kubernetes/object.ts';
import { type Kubernetes, type Remark, toKubernetes } from '../../../domain/kubernetes/objects.ts';
import { toClusterStack } from '../../../domain/kubernetes/stack.ts';
import { createClusterText } from '../../../domain/kubernetes/text.ts';
import { toLabel, toWorkloads, type Workload } from '../../../domain/kubernetes/workload.ts';
import type { ServiceName, Stack } from '../../../domain/service.ts';
import type { Kind, Labels } from '../../../runtime/kubernetes/cluster.ts';
import type { ClusterObjects } from '../../../supervisor/cluster/effects.ts';
import { findStuckSecrets, referencesIn } from '../../exporters/cluster-secrets.ts';
import { fillReferences, fillSecrets, toStandIns } from '../../exporters/stand-ins.ts';
import type { CommandContext, Loaded, LoadRequest } from '../context.ts';

export type Prepared = {
  readonly loaded: Loaded;
  /** With one service for all instances of one, and the cluster's own word for readiness. */
  readonly stack: Stack;
  readonly graph: ServiceGraph;
  readonly objects: ReadonlyMap<ServiceName, ClusterObjects>;
  /** What every object of the stack carries. */
  readonly labels: Labels;
  readonly losses: readonly Remark[];
  /** What keeps it from being run there. */
  readonly problems: readonly Remark[];
};

/** What a file means on a cluster. Null: it has mistakes, which have been told. Asks no cluster. */
export const prepareCluster = async (context: CommandContext, request: LoadRequest = {}): Promise<Prepared | null> => {
  const env = toStandIns(context.env);
  const loaded = await context.load({ ...request, env, target: 'cluster', checkSystem: false });
  return loaded === null ? null : toPrepared(loaded, context.env);
};

const toPrepared = (loaded: Loaded, env: CommandContext['env']): Prepared => {
  const { stack, secrets } = loaded;
  const services = [...stack.services.values()];
  const references = new Map(services.map((service) => [service.name, referencesIn(service, secrets)]));
  const graph = buildGraph(stack.services);
  const result = toKubernetes({ stack, graph, secrets, references, hash: sha256, hasGates: false });
  const workloads = toWorkloads(stack.services, graph);
  const clusterStack = toClusterStack(stack, workloads);
  return {
    loaded,
    stack: clusterStack,
    graph: buildGraph(clusterStack.services),
    objects: toObjects(result, { workloads, env, stack }),
    labels: { 'app.kubernetes.io/part-of': toLabel(stack.name), 'app.kubernetes.io/managed-by': 'muster' },
    losses: result.losses,
    problems: [...result.problems, ...services.flatMap(findStuckSecrets)],
  };
};

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

type Making = { readonly workloads: readonly Workload[]; readonly env: CommandContext['env']; readonly stack: Stack };

const toObjects = (result: Kubernetes, making: Making): ReadonlyMap<ServiceName, ClusterObjects> => {
  const secrets = new Map(result.secrets.map((secret) => [secret.service, secret]));
  const byName = new Map(making.workloads.map((workload) => [workload.name, workload]));
  return new Map(
    result.objects.flatMap(({ service, objects }): readonly (readonly [ServiceName, ClusterObjects])[] => {
      const secret = secrets.get(service);
      const workload = byName.get(service);
      const main = objects.find(({ kind }) => kind === 'Deployment' || kind === 'Job');
      if (main === undefined || workload === undefined) return [];
      const filled = fillReferences(objects, (name) => `$(${name})`);
      const all = secret === undefined ? filled : [toSecret(secret, workload, { ...making, byName }), ...filled];
      return [
        [service, { objectName: workload.objectName, objects: all, main: { kind: main.kind as Kind, name: main.metadata.name } }],
      ];
    }),
  );
};

type SecretMaking = Making & { readonly byName: ReadonlyMap<ServiceName, Workload> };

/** The values themselves, which go to the cluster and nowhere else. */
const toSecret = (
  { name, keys }: Kubernetes['secrets'][number],
  workload: Workload,
  { env, byName, stack }: SecretMaking,
): KubernetesObject => {
  const write = createClusterText(workload, byName);
  const own = workload.service.env;
  const values = keys.map((key) => {
    const text = own[key];
    const value = text === undefined ? (env[key] ?? '') : fillSecrets(write(text), env);
    return [key, Buffer.from(value).toString('base64')] as const;
  });
  const labels = {
    'app.kubernetes.io/name': workload.objectName,
    'app.kubernetes.io/part-of': toLabel(stack.name),
    'app.kubernetes.io/managed-by': 'muster',
  };
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, labels }, data: Object.fromEntries(values) } as KubernetesObject;
};
