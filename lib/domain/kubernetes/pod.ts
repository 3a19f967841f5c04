import { portVariablesOf } from '../port-variables.ts';
import { isLoopback } from '../resolve/address.ts';
import type { ServiceName } from '../service.ts';
import { toGate } from './gate.ts';
import { type Json, type JsonMap, orNothing, toSeconds } from './object.ts';
import { toProbes } from './probes.ts';
import { type ClusterText, createClusterText, escapeDollars, toWords } from './text.ts';
import type { Workload } from './workload.ts';

export type PodContext = {
  readonly workloads: ReadonlyMap<ServiceName, Workload>;
  /** Whether the value of a variable must not be in what is written. */
  readonly isSecret: (service: ServiceName, variable: string) => boolean;
  /** Variables, by service, that its text refers to. */
  readonly references: ReadonlyMap<ServiceName, readonly string[]>;
  /** Absolute path of the project. */
  readonly root: string;
  /** True where all is applied at once, so that each has to wait for itself. */
  readonly hasGates: boolean;
  /** Not carried over. */
  readonly lose: (service: ServiceName, text: string) => void;
  /** Keeps it from being run on a cluster at all. */
  readonly refuse: (service: ServiceName, text: string) => void;
};

/** The Secret that holds what must not be in a file, by the names of its variables. */
export const secretName = ({ objectName }: Workload): string => `${objectName}-env`;

/** `spec` of a pod: the container of the service, and the gate before it. */
export const toPodSpec = (workload: Workload, context: PodContext): JsonMap => {
  const { service, name } = workload;
  const write = createClusterText(workload, context.workloads);
  const lose = (text: string): void => context.lose(name, text);
  const refuse = (text: string): void => context.refuse(name, text);
  const gate = context.hasGates ? toGate(workload, { workloads: context.workloads, lose }) : null;
  const isTask = service.type === 'task';
  tellLosses(workload, context);
  const command = toWords(service.command, write).map(escapeDollars);
  const isGiven = command[0] !== '';
  const container: JsonMap = {
    name: 'main',
    image: service.cluster.image ?? undefined,
    // Without a command of its own it runs what its image says.
    command: isGiven ? command.slice(0, 1) : undefined,
    args: command.length > 1 ? command.slice(1) : undefined,
    env: toEnv(workload, context, write),
    ports: toPorts(workload),
    resources: toResources(workload),
    ...(isTask ? {} : toProbes({ service, write, lose, refuse })),
    lifecycle: toLifecycle(workload, write),
  };
  return {
    restartPolicy: isTask ? 'Never' : 'Always',
    // A Service "db" would put DB_PORT=tcp://… over the variable of the user.
    enableServiceLinks: false,
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: toSeconds(service.stop.timeout),
    initContainers: gate === null ? undefined : [gate],
    containers: [container],
  };
};

const tellLosses = ({ service, name }: Workload, { lose, refuse, root, hasGates }: PodContext): void => {
  if (hasGates && Object.keys(service.hooks).length > 0) lose(name, 'its hooks: only "muster up --on kubernetes" runs them');
  const { cluster, ports, host, stop, cwd, restart, type } = service;
  if (cluster.image === null)
    refuse(
      name,
      cluster.build === null
        ? 'it has no "image": nobody can guess what its command runs in'
        : 'it has "build" and no "image" that says where what is built goes: write REGISTRY/NAME (for --on kubernetes, --registry does as well)',
    );
  if (ports.some(({ wanted }) => wanted === null)) refuse(name, '"port: auto" has no number on a cluster: write one');
  if (type === 'service' && restart.policy === 'no') refuse(name, '"restart: no": a Deployment always restarts; make it a task');
  if (ports.length > 0 && isLoopback(host))
    lose(name, `that it listens on ${host}: in a pod it has to listen on 0.0.0.0 to be reached`);
  if (stop.signal !== 'SIGTERM')
    lose(name, `"${stop.signal}" as its stop signal: a cluster sends SIGTERM, or what the image says`);
  if (cwd !== root) lose(name, 'its folder: the image says where its command runs');
  if (restart.neverOn.length > 0) lose(name, '"never_on" of its restart policy');
};

/** In pairs of name and value; what must not be in a file is looked up in a Secret. What others refer to comes first. */
const toEnv = (workload: Workload, context: PodContext, write: ClusterText): readonly Json[] | undefined => {
  const { service } = workload;
  const hidden = secretKeys(workload, context);
  const given = Object.entries(portVariablesOf(service)).filter(([variable]) => !Object.hasOwn(service.env, variable));
  const shown = Object.entries(service.env).filter(([variable]) => !hidden.includes(variable));
  const all = [
    ...hidden.map((key): Json => ({ name: key, valueFrom: { secretKeyRef: { name: secretName(workload), key } } })),
    ...given.map(([name, value]): Json => ({ name, value })),
    ...shown.map(([name, text]): Json => ({ name, value: escapeDollars(write(text)) })),
  ];
  return all.length === 0 ? undefined : all;
};

/** Names of what is looked up in the Secret of a service. */
export const secretKeys = (
  { service, name }: Workload,
  { isSecret, references }: Pick<PodContext, 'isSecret' | 'references'>,
): readonly string[] => {
  const own = Object.keys(service.env).filter((variable) => isSecret(service.name, variable) || isSecret(name, variable));
  return [...new Set([...own, ...(references.get(service.name) ?? [])])];
};

/** `protocol` always: without it a server-side apply fails on some servers. */
const toPorts = ({ service: { ports } }: Workload): readonly Json[] | undefined => {
  const found = ports.flatMap(({ wanted }): readonly Json[] =>
    wanted === null ? [] : [{ containerPort: wanted, protocol: 'TCP' }],
  );
  return found.length === 0 ? undefined : found;
};

const toResources = ({ service: { cluster } }: Workload): JsonMap | undefined => {
  const { requests, limits } = cluster.resources;
  const amounts = ({ cpu, memory }: typeof requests): JsonMap | undefined =>
    orNothing({ cpu: cpu === null ? undefined : `${cpu}m`, memory: memory === null ? undefined : toQuantity(memory) });
  return orNothing({ requests: amounts(requests), limits: amounts(limits) });
};

/** Bytes as `64Mi`, where they are whole: a person reads them, also in what the cluster says. */
const toQuantity = (bytes: number): string => {
  const unit = (['Gi', 'Mi', 'Ki'] as const).find((_, index) => bytes > 0 && bytes % 1024 ** (3 - index) === 0);
  return unit === undefined ? String(bytes) : `${bytes / 1024 ** { Gi: 3, Mi: 2, Ki: 1 }[unit]}${unit}`;
};

/** Unlike the command, this is not looked through for variables by Kubernetes. */
const toLifecycle = ({ service: { stop } }: Workload, write: ClusterText): JsonMap | undefined =>
  stop.command === null ? undefined : { preStop: { exec: { command: toWords(stop.command, write) } } };
