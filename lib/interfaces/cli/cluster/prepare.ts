import { createHash } from 'node:crypto';
import { hasErrors } from '../../../domain/diagnostic.ts';
import { buildGraph, type ServiceGraph } from '../../../domain/graph.ts';
import { toLabels, toStackLabels } from '../../../domain/kubernetes/labels.ts';
import type { KubernetesObject } from '../../../domain/kubernetes/object.ts';
import { type Kubernetes, type Remark, toKubernetes } from '../../../domain/kubernetes/objects.ts';
import { toClusterStack } from '../../../domain/kubernetes/stack.ts';
import { createClusterText } from '../../../domain/kubernetes/text.ts';
import { toWorkloads, type Workload } from '../../../domain/kubernetes/workload.ts';
import type { Service, ServiceName, Stack } from '../../../domain/service.ts';
import type { Kind, Labels } from '../../../runtime/kubernetes/cluster.ts';
import type { ClusterObjects } from '../../../supervisor/cluster/apply.ts';
import { findStuckSecrets, referencesIn } from '../../exporters/cluster-secrets.ts';
import { fillReferences, fillSecrets, toStandIns } from '../../exporters/stand-ins.ts';
import type { CommandContext, Loaded } from '../context.ts';
import { type BuildPlan, type Images, type PlannedBuild, planBuilds, withImages } from './plan-builds.ts';

export type Prepared = {
  /** What has to be built before anything can be applied. */
  readonly builds: readonly PlannedBuild[];
  /** The same with the images that were built, by service. */
  readonly pin: (images: Images) => Prepared;
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

export type Selection = {
  /** With what they need; all of the active profiles when empty. */
  readonly names: readonly ServiceName[];
  readonly noDeps?: boolean;
  readonly allProfiles?: boolean;
};

/**
 * What a file means on a cluster. Null: it has mistakes, which have been told. Asks no cluster. The whole file is read whoever is
 * named, because a service that stayed out would be known by its address on this machine.
 */
export const prepareCluster = async (
  context: CommandContext,
  { names, noDeps = false, allProfiles = false }: Selection,
): Promise<Prepared | null> => {
  const env = toStandIns(context.env);
  const load = (all: boolean) => context.load({ env, allProfiles: all, target: 'cluster', checkSystem: false });
  const first = await load(allProfiles);
  if (first === null) return null;
  const isThere = (name: ServiceName): boolean => [...first.stack.services.values()].some((service) => ownerOf(service) === name);
  const loaded = allProfiles || names.every(isThere) ? first : await load(true);
  if (loaded === null) return null;
  const registry = (context.args.text('registry') ?? context.env['MUSTER_REGISTRY']) || null;
  const plan = planBuilds(loaded.stack, registry, context.env);
  const prepare = (images: Images): Prepared => {
    const whole = { ...toPrepared(loaded, context.env, plan, images), pin: prepare };
    return names.length === 0 || !names.every((name) => whole.stack.services.has(name)) ? whole : select(whole, names, noDeps);
  };
  const prepared = prepare(new Map());
  const unknown = names.find((name) => !prepared.stack.services.has(name));
  if (unknown !== undefined) {
    context.stderr.line(`muster: there is no service "${unknown}"`);
    return null;
  }
  return prepared;
};

/**
 * The object names of all services of the file, of whatever profile. Null: it has mistakes in a part that does not take part.
 * Tells nothing.
 */
export const readObjectNames = async (context: CommandContext): Promise<ReadonlySet<string> | null> => {
  const request = { env: toStandIns(context.env), allProfiles: true, target: 'cluster', checkSystem: false } as const;
  const { stack, diagnostics } = await context.read(request);
  if (stack === null || hasErrors(diagnostics)) return null;
  return new Set(toWorkloads(stack.services, buildGraph(stack.services)).map(({ objectName }) => objectName));
};

const ownerOf = ({ name, replica }: Service): ServiceName => replica?.of ?? name;

const select = (whole: Prepared, names: readonly ServiceName[], noDeps: boolean): Prepared => {
  const chosen: ReadonlySet<ServiceName> = noDeps ? new Set(names) : whole.graph.closureOf(names);
  const services = new Map(
    [...whole.stack.services]
      .filter(([name]) => chosen.has(name))
      .map(([name, service]) => [name, { ...service, dependsOn: service.dependsOn.filter(({ on }) => chosen.has(on)) }]),
  );
  const isAbout = ({ service }: Remark): boolean => service === null || chosen.has(service);
  return {
    ...whole,
    stack: { ...whole.stack, services },
    graph: buildGraph(services),
    builds: whole.builds.filter(({ service }) => chosen.has(service)),
    losses: whole.losses.filter(isAbout),
    problems: whole.problems.filter(isAbout),
  };
};

const toPrepared = (loaded: Loaded, env: CommandContext['env'], plan: BuildPlan, images: Images): Omit<Prepared, 'pin'> => {
  const { secrets } = loaded;
  const stack = withImages(loaded.stack, plan, images);
  const services = [...stack.services.values()];
  const references = new Map(services.map((service) => [service.name, referencesIn(service, secrets)]));
  const graph = buildGraph(stack.services);
  const result = toKubernetes({ stack, graph, secrets, references, hash: sha256, hasGates: false });
  const workloads = toWorkloads(stack.services, graph);
  const clusterStack = toClusterStack(stack, workloads);
  return {
    loaded,
    builds: plan.builds,
    stack: clusterStack,
    graph: buildGraph(clusterStack.services),
    objects: toObjects(result, { workloads, env, stack }),
    labels: toStackLabels(stack.name),
    losses: result.losses,
    problems: [...result.problems, ...plan.problems, ...services.flatMap(findStuckSecrets)],
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
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, labels: toLabels(workload, stack.name) },
    data: Object.fromEntries(values),
  } as KubernetesObject;
};
