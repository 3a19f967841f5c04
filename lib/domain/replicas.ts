import type { ServiceDraft } from './resolve.ts';
import type { Service, ServiceName } from './service.ts';

/** Names of the instances of a service: its own where there is one, else `api-1`, `api-2`, …; none for 0. */
export const toInstanceNames = (name: ServiceName, replicas: number): readonly ServiceName[] =>
  replicas === 1 ? [name] : Array.from({ length: replicas }, (_, index) => `${name}-${index + 1}`);

/** The service that one of this name would be an instance of: `api` for `api-2`. Null: it is no such name. */
export const groupOf = (name: ServiceName): ServiceName | null => /^(.+)-\d+$/.exec(name)?.[1] ?? null;

/**
 * A service as its instances. Each has ports, a log file and an address of its own: where the service speaks of its own
 * address (`${api.port}` in its command, the URL of its probe) each instance means itself.
 */
export const toInstances = (draft: ServiceDraft): readonly ServiceDraft[] => {
  if (draft.replicas === 1) return [draft];
  return toInstanceNames(draft.name, draft.replicas).map((name, at): ServiceDraft => {
    const index = at + 1;
    const own = withOwnAddress(draft, draft.name, name);
    return {
      ...own,
      name,
      label: draft.label === draft.name ? name : `${draft.label} ${index}`,
      ports: draft.ports.map((port) => ({ ...port, wanted: port.wanted === null ? null : port.wanted + at })),
      log: { ...draft.log, file: numbered(draft.log.file, index) },
      replica: { of: draft.name, index },
    };
  });
};

/** `logs/api.log` → `logs/api-2.log` */
const numbered = (file: string, index: number): string => {
  const [, stem = file, extension = ''] = /^(.*?)(\.[^./\\]*)?$/s.exec(file) ?? [];
  return `${stem}-${index}${extension}`;
};

/** Replaces every address of `from` inside plain data by that of `to`. */
const withOwnAddress = <T>(value: T, from: ServiceName, to: ServiceName): T => {
  const visit = (item: unknown): unknown => {
    if (Array.isArray(item)) return item.map(visit);
    if (typeof item !== 'object' || item === null) return item;
    const entries = Object.entries(item);
    const isAddress = entries.length === 2 && 'service' in item && 'what' in item && item.service === from;
    return isAddress ? { ...item, service: to } : Object.fromEntries(entries.map(([key, inner]) => [key, visit(inner)]));
  };
  return visit(value) as T;
};

/** What is needed of a service, or of what is known of one, to find it by the name of its group. */
export type Grouped = { readonly name: ServiceName; readonly group: ServiceName | null };

/** A name as people type it: that of one service or instance, or that of a service for all its instances. Empty: there is none. */
export const findByName = (services: Iterable<Grouped>, wanted: string): readonly ServiceName[] => {
  const all = [...services];
  if (all.some(({ name }) => name === wanted)) return [wanted];
  return all.filter(({ group }) => group === wanted).map(({ name }) => name);
};

export const toGrouped = ({ name, replica }: Pick<Service, 'name' | 'replica'>): Grouped => ({
  name,
  group: replica?.of ?? null,
});

/** The one whose address `${name.port}` is: the service itself, or the first of its instances. */
export const findAddressee = (services: ReadonlyMap<ServiceName, Service>, name: ServiceName): Service | undefined => {
  const own = services.get(name);
  if (own !== undefined) return own;
  for (const service of services.values()) if (service.replica?.of === name) return service;
  return undefined;
};

/** Everything that `findByName` answers to. */
export const allNames = (services: Iterable<Grouped>): readonly string[] => [
  ...new Set([...services].flatMap(({ name, group }) => (group === null ? [name] : [group, name]))),
];

/** Names that mean several services, and which. */
export type Groups = ReadonlyMap<string, readonly ServiceName[]>;

/**
 * What a name means where also services count that only the memory knows: that of a service with replicas means those that the stack
 * has now, also where it was a service of its own at other times; that of one which is gone, the replicas that are remembered.
 */
export const toGroups = (services: Iterable<Grouped>, remembered: Iterable<ServiceName>): Groups => {
  const all = [...services];
  const own = new Set(all.map(({ name }) => name));
  const groups = new Map<string, ServiceName[]>();
  const put = (group: string, name: ServiceName): void => void groups.set(group, [...(groups.get(group) ?? []), name]);
  for (const { name, group } of all) if (group !== null && !own.has(group)) put(group, name);
  const isOfStack = new Set(groups.keys());
  const past = new Set(remembered);
  for (const name of past) {
    const group = groupOf(name);
    if (group !== null && !own.has(group) && !past.has(group) && !isOfStack.has(group)) put(group, name);
  }
  return groups;
};
