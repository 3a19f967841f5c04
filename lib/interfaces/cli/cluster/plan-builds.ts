import { toRepository } from '../../../domain/images/repository.ts';
import type { Remark } from '../../../domain/kubernetes/objects.ts';
import type { Build, Service, ServiceName, Stack } from '../../../domain/service.ts';
import { fillSecrets } from '../../exporters/stand-ins.ts';
import type { Environment } from '../output.ts';

/** Pinned images, by the names of workloads. */
export type Images = ReadonlyMap<ServiceName, string>;

export type PlannedBuild = {
  /** The service itself, for all of its instances. */
  readonly service: ServiceName;
  /** With the real values of its arguments, which are shown to nobody. */
  readonly build: Build;
  /** Where it is pushed to, without a tag. */
  readonly repository: string;
  readonly definition: Pick<Service, 'command' | 'ports'>;
};

export type BuildPlan = { readonly builds: readonly PlannedBuild[]; readonly problems: readonly Remark[] };

/** What is built from what, and where it goes; nothing is looked at. */
export const planBuilds = (stack: Stack, registry: string | null, env: Environment): BuildPlan => {
  const builds: PlannedBuild[] = [];
  const problems: Remark[] = [];
  for (const definition of stack.services.values()) {
    const { build, image } = definition.cluster;
    const service = ownerOf(definition);
    if (build === null || builds.some((known) => known.service === service)) continue;
    const repository = toRepository({ image, registry, stack: stack.name, service });
    if (repository !== null) builds.push({ service, build: withSecrets(build, env), repository, definition });
    else if (image !== null)
      problems.push({
        service,
        text: `"image: ${image}" names no registry that what is built could be pushed to: write REGISTRY/${image}, or give --registry`,
      });
  }
  return { builds, problems };
};

const ownerOf = ({ name, replica }: Service): ServiceName => replica?.of ?? name;

const withSecrets = (build: Build, env: Environment): Build => ({
  ...build,
  args: Object.fromEntries(Object.entries(build.args).map(([name, value]) => [name, fillSecrets(value, env)])),
});

/** The stack with what was built in the place of what is built; before that, with where it is going to be. */
export const withImages = (stack: Stack, { builds }: BuildPlan, images: Images): Stack => {
  const planned = new Map(builds.map(({ service, repository }) => [service, images.get(service) ?? repository]));
  const services = [...stack.services].map(([name, service]): [ServiceName, Service] => {
    const image = planned.get(ownerOf(service));
    return [name, image === undefined ? service : { ...service, cluster: { ...service.cluster, image } }];
  });
  return { ...stack, services: new Map(services) };
};
