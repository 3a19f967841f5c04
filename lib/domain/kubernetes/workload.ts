import type { Dependency, Service, ServiceName } from '../service.ts';

/** What becomes one Deployment or Job: a service, or all instances of one. */
export type Workload = {
  /** As the file calls it. */
  readonly name: ServiceName;
  /** As Kubernetes takes it. */
  readonly objectName: string;
  /** The first instance stands for all. */
  readonly service: Service;
  readonly count: number;
  /** By names of workloads, each once. */
  readonly dependsOn: readonly Dependency[];
  /** Edges on the longest way down. */
  readonly depth: number;
};

export type Graph = { readonly depthOf: (name: ServiceName) => number };

/** Instances of one service together, in the order of the file. */
export const toWorkloads = (services: ReadonlyMap<ServiceName, Service>, graph: Graph): readonly Workload[] => {
  const groups = new Map<ServiceName, Service[]>();
  for (const service of services.values()) {
    const name = service.replica?.of ?? service.name;
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [service]);
    else group.push(service);
  }
  const ownerOf = (name: ServiceName): ServiceName => services.get(name)?.replica?.of ?? name;
  return [...groups].flatMap(([name, [service, ...others]]): readonly Workload[] => {
    if (service === undefined) return [];
    const edges = new Map(service.dependsOn.map((edge) => [ownerOf(edge.on), { ...edge, on: ownerOf(edge.on) }]));
    return [
      {
        name,
        objectName: toObjectName(name),
        service,
        count: others.length + 1,
        dependsOn: [...edges.values()],
        depth: graph.depthOf(service.name),
      },
    ];
  });
};

/** DNS-1035 allows 63; nine are kept for the hash of a task. */
const longestName = 54;

/** Lower case letters, digits and `-`; a letter first, none of them last. */
const toObjectName = (name: string): string => {
  const plain = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, '-')
    .replace(/^-+/, '');
  const named = /^[a-z]/.test(plain) ? plain : `s-${plain}`;
  return named.slice(0, longestName).replace(/-+$/, '');
};

/** Value of a label: at most 63 letters, digits, `-`, `_`, `.`, the first and the last a letter or digit. */
export const toLabel = (text: string): string =>
  text
    .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
    .slice(0, 63)
    .replaceAll(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '') || 'stack';
