import type { Report } from '../domain/issue.ts';
import type { RawMap } from '../domain/raw.ts';
import { toInstanceNames, toInstances } from '../domain/replicas.ts';
import { dependencyNames } from '../domain/resolve/dependencies.ts';
import { complain, readNumber, readTexts, toFields } from '../domain/resolve/fields.ts';
import type { ServiceDraft } from '../domain/resolve.ts';
import type { Ms, ServiceName, Text } from '../domain/service.ts';
import { remember } from '../util/remember.ts';
import { type Candidate, type Selection, selectActive } from './active.ts';
import type { Checked } from './checks/context.ts';
import { createDrafter, createHasher, createSecrets, type Drafted } from './drafts.ts';
import type { EnvFiles } from './env-files.ts';
import type { AddressUse } from './fill-in.ts';
import type { Layers } from './layers.ts';
import { toWrittenAddress, type WrittenAddress } from './outside-addresses.ts';
import { fillEnv, toStackEnv, toTexts } from './service-env.ts';
import type { StackFile } from './stack-file.ts';

export type ModelContext = {
  readonly root: string;
  readonly environment: string;
  readonly selection: Selection;
  readonly layers: Layers;
  /** Every `${service.port}` that holds on this run, by its path in the whole stack. */
  readonly addresses: readonly Pick<AddressUse, 'service' | 'what' | 'path'>[];
  readonly envFiles: EnvFiles;
  /** See `ResolveContext`. */
  readonly healthTimeout: Ms | null;
};

export type Model = {
  /** Every service of the files, in their order, as it is written: without its instances. */
  readonly services: ReadonlyMap<ServiceName, Checked>;
  /** All instances of each service. */
  readonly instances: ReadonlyMap<ServiceName, readonly ServiceDraft[]>;
  /** Of services and instances. */
  readonly names: ReadonlySet<string>;
  /** Of services. */
  readonly active: ReadonlySet<ServiceName>;
  /** The service that an instance belongs to; of any other name, that name. */
  readonly ownerOf: (name: ServiceName) => ServiceName;
  /** Whether an instance of an active service takes part: not when others of it were named on the command line. */
  readonly isWanted: (draft: ServiceDraft) => boolean;
  /** Of the first file, at its stack level. */
  readonly stackEnv: Readonly<Record<string, Text>>;
  /** Names of the variables of a service, or an instance's service, whose values are not to be shown. */
  readonly secretsOf: (name: ServiceName) => ReadonlySet<string>;
  /** Of an instance; taken when it is asked for, as not everybody compares a stack with what runs. */
  readonly definitionHashOf: (draft: ServiceDraft) => string;
};

/** Raw configuration to services with every default filled in; their edges still as they are written. */
export const toModel = (context: ModelContext): Model => {
  const { layers } = context;
  const merged = new Map<ServiceName, RawMap>();
  for (const [name, { raw }] of layers.services) merged.set(name, raw);
  const counts = countReplicas(merged, layers.report);
  const owners = toOwners(counts);
  const ownerOf = (name: ServiceName): ServiceName => owners.get(name) ?? name;
  const candidates = toCandidates(merged);
  const { only, also } = context.selection;
  const selection = { ...context.selection, only: only.map(ownerOf), also: also.map(ownerOf) };
  const { names: active, asked, issues } = selectActive(candidates, selection);
  for (const issue of issues) if (issue.code !== 'unknown-service' || !layers.isPartial) layers.report(issue);
  const outside = findOutside({ merged, active }, context);
  const stackEnvOf = remember((file: StackFile) => {
    const asWritten = toStackEnv(file, context.envFiles);
    return { asWritten, filled: fillEnv(asWritten, outside) };
  });
  const draftOf = createDrafter({ active, stackEnvOf, outside }, context);

  const services = new Map<ServiceName, Checked>();
  const instances = new Map<ServiceName, readonly ServiceDraft[]>();
  const drafts = new Map<ServiceName, Drafted>();
  for (const [name, service] of layers.services) {
    const drafted = draftOf(name, service);
    const { draft } = drafted;
    const replicas = counts.get(name) ?? 1;
    services.set(name, { raw: service.raw, draft });
    instances.set(name, toInstances(replicas === draft.replicas ? draft : { ...draft, replicas }));
    drafts.set(name, drafted);
  }
  const [main] = layers.files;
  return {
    services,
    instances,
    names: owners.size === 0 ? layers.names : new Set([...layers.names, ...owners.keys()]),
    active,
    ownerOf,
    isWanted: chooseInstances({ only, also, candidates, active, asked, noDeps: selection.noDeps }),
    stackEnv: main === undefined ? {} : toTexts(stackEnvOf(main).filled.values),
    secretsOf: createSecrets(drafts),
    definitionHashOf: createHasher(drafts, context),
  };
};

/** More processes than one machine is asked for; a file may say millions in one line. */
const mostInstances = 10_000;

/** How many instances there are of each service. Beyond all measure it is an error, and none are made. */
const countReplicas = (merged: ReadonlyMap<ServiceName, RawMap>, report: Report): ReadonlyMap<ServiceName, number> => {
  const counts = new Map<ServiceName, number>();
  let total = 0;
  for (const [name, service] of merged) {
    if (!Object.hasOwn(service, 'replicas')) {
      counts.set(name, 1);
      total += 1;
      continue;
    }
    const fields = toFields(service, ['services', name], report);
    const count = readNumber(fields, 'replicas', 1);
    if (count > 1 && total + count > mostInstances) {
      const message = `there would be more than ${mostInstances} instances in all`;
      complain(fields, 'replicas', { code: 'invalid-value', message, hint: 'use fewer replicas' });
      counts.set(name, 1);
    } else counts.set(name, count);
    total += counts.get(name) ?? 0;
  }
  return counts;
};

/** By name of an instance, the service that it is one of; where that name is a service's own, it stays that. */
const toOwners = (counts: ReadonlyMap<ServiceName, number>): ReadonlyMap<ServiceName, ServiceName> => {
  const owners = new Map<ServiceName, ServiceName>();
  for (const [owner, count] of counts) {
    if (count === 1) continue;
    for (const name of toInstanceNames(owner, count)) if (!counts.has(name)) owners.set(name, owner);
  }
  return owners;
};

type Chosen = {
  readonly only: readonly ServiceName[];
  /** What runs: of services with several instances, the instances. */
  readonly also: readonly ServiceName[];
  readonly candidates: ReadonlyMap<ServiceName, Candidate>;
  readonly active: ReadonlySet<ServiceName>;
  readonly asked: ReadonlySet<ServiceName>;
  readonly noDeps: boolean;
};

/**
 * `up api-2`: the other instances stay out, unless all of `api` is named, too, or needed by another that takes part. So do
 * those beside the ones that run, where only these are the reason that the service takes part.
 */
const chooseInstances = ({ only, also, candidates, active, asked, noDeps }: Chosen): Model['isWanted'] => {
  const named = new Set([...only, ...also]);
  const needed = new Set(noDeps ? [] : [...active].flatMap((name) => candidates.get(name)?.needs ?? []));
  return ({ name, replica }) => {
    if (replica === null || named.has(name) || named.has(replica.of)) return true;
    if (only.length === 0 && asked.has(replica.of)) return true;
    return needed.has(replica.of);
  };
};

const toCandidates = (merged: ReadonlyMap<ServiceName, RawMap>): ReadonlyMap<ServiceName, Candidate> => {
  const candidates = new Map<ServiceName, Candidate>();
  for (const [name, service] of merged) {
    const profiles = readTexts({ map: service, path: [], report: () => undefined }, 'profiles');
    candidates.set(name, { profiles, needs: dependencyNames(service['depends_on']) });
  }
  return candidates;
};

type Selected = { readonly merged: ReadonlyMap<ServiceName, RawMap>; readonly active: ReadonlySet<ServiceName> };

/** Services that do not take part and whose address one that does wants to know. */
const findOutside = (
  { merged, active }: Selected,
  { addresses, layers: { report } }: ModelContext,
): ReadonlyMap<ServiceName, WrittenAddress> => {
  const outside = new Map<ServiceName, WrittenAddress>();
  for (const { service: name, what, path } of addresses) {
    const service = merged.get(name);
    if (service === undefined || active.has(name) || (path[0] === 'services' && !active.has(String(path[1])))) continue;
    const address = outside.get(name) ?? toWrittenAddress(name, service);
    outside.set(name, address);
    if (what === 'host' || address.port !== null || !hasPorts(service)) continue;
    const within = `\${${name}.${what}}`;
    const message = `"${within}": service "${name}" does not take part, and its port is only known when it does`;
    report({
      severity: 'error',
      code: 'inactive-dependency',
      path,
      within,
      message,
      hint: `name "${name}" too, or give it a fixed port`,
    });
  }
  return outside;
};

const hasPorts = (service: RawMap): boolean => Object.hasOwn(service, 'port') || Object.hasOwn(service, 'ports');
