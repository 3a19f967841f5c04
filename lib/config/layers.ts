import type { Issue, Path, Report } from '../domain/issue.ts';
import { isRawMap, type RawMap } from '../domain/raw.ts';
import type { ServiceName } from '../domain/service.ts';
import { remember } from '../util/remember.ts';
import type { StackFiles } from './include.ts';
import { mergeDefaults, overlay } from './merge-defaults.ts';
import { type StackFile, toEffectivePath, toWrittenPath } from './stack-file.ts';

/** A block of a file that says something about the fields of a service. */
export type Layer = { readonly file: StackFile; readonly path: Path; readonly raw: RawMap };

/** A service as all files together describe it. */
export type LayeredService = {
  /** The file that it belongs to: whose `env`, `env_file` and `defaults` hold for it. */
  readonly home: StackFile;
  /** Everything put together. */
  readonly raw: RawMap;
  /** Where it is written. Of each field, the first that has it holds. */
  readonly layers: readonly Layer[];
  /** The one of them that brought it into being. */
  readonly definition: Layer;
};

export type Layers = {
  readonly files: readonly StackFile[];
  /** See `StackFiles`. */
  readonly isPartial: boolean;
  readonly services: ReadonlyMap<ServiceName, LayeredService>;
  /** Every name under a `services`, also those that are no good. */
  readonly names: ReadonlySet<string>;
  /** Where a path of the whole stack is written. A path of the stack level is that of the first file. */
  readonly locate: (path: Path) => { readonly file: StackFile; readonly path: Path };
  /** Takes issues whose paths are those of the whole stack. */
  readonly report: Report;
  /** `3:32`, or `backend/services.yaml:3:32` where there are several files. */
  readonly spot: (path: Path, atKey: boolean) => string;
  /** The folder that a path is relative to: that of the file that says the field, else that of the service's file. */
  readonly folderOf: (name: ServiceName, field: Path) => string;
};

/** Puts the files of a stack on top of each other: defaults, services, overrides of the environment. */
export const toLayers = ({ all, includes, isPartial }: StackFiles): Layers => {
  const definitions = findDefinitions(all, includes);
  const services = new Map<ServiceName, LayeredService>();
  const around = toSurroundings(all, includes);
  for (const [name, definition] of definitions.found) services.set(name, toLayered(name, definition, around));
  const [main] = all;
  if (main === undefined) throw new Error('a stack without a file has no layers');
  const isOneFolder = all.every(({ source }) => source.root === main.source.root);

  const locate: Layers['locate'] = (path) => {
    const service = path[0] === 'services' ? services.get(String(path[1])) : undefined;
    if (service === undefined) return { file: main, path: toWrittenPath(main, path) };
    const rest = path.slice(2);
    const { layers, definition } = service;
    const isIn = ({ file, path: base }: Layer, steps: Path): boolean => file.nodes.has([...base, ...steps]);
    const whole = rest.length === 0 ? definition : layers.find((layer) => isIn(layer, rest));
    const layer = whole ?? layers.find((each) => isIn(each, rest.slice(0, 1))) ?? definition;
    return { file: layer.file, path: [...layer.path, ...rest] };
  };

  /** What any layer got from a secret is in none of the words. */
  const hide = (text: string, path: Path): string =>
    (services.get(path[0] === 'services' ? String(path[1]) : '')?.layers ?? []).reduce(
      (safe, layer) => layer.file.collector.hide(safe, [...layer.path, ...path.slice(2)]),
      text,
    );

  const report: Report = (issue: Issue) => {
    const { file, path } = locate(issue.path);
    const hint = issue.hint === null ? null : hide(issue.hint, issue.path);
    file.collector.report({ ...issue, path, message: hide(issue.message, issue.path), hint });
  };

  for (const { message, layer } of definitions.collisions((path, file) => spotIn(file, path, all.length > 1))) {
    layer.file.collector.report({
      severity: 'error',
      code: 'duplicate-name',
      path: layer.path,
      atKey: true,
      message,
      hint: 'rename one',
    });
  }

  return {
    files: all,
    isPartial,
    services,
    names: definitions.names,
    locate,
    report,
    spot: (path, atKey) => {
      const { file, path: written } = locate(path);
      const place = file.collector.spot(written, atKey);
      return all.length > 1 ? `${file.source.file}:${place}` : place;
    },
    folderOf: (name, field) => {
      if (isOneFolder) return main.source.root;
      const service = services.get(name);
      const layer = service?.layers.find(({ file, path }) => file.nodes.has([...path, ...field]));
      return (layer?.file ?? service?.home ?? main).source.root;
    },
  };
};

const spotIn = (file: StackFile, path: Path, isNamed: boolean): string => {
  const place = file.collector.spot(path, true);
  return isNamed ? `${file.source.file}:${place}` : place;
};

type Includes = StackFiles['includes'];

/** A file and all that it includes, directly or not. */
const reachableFrom = (file: StackFile, includes: Includes): ReadonlySet<StackFile> => {
  const reached = new Set([file]);
  // A set that grows while it is walked is walked to its new end.
  for (const each of reached) for (const included of includes.get(each) ?? []) reached.add(included);
  return reached;
};

type Collision = { readonly message: string; readonly layer: Layer };

type Definitions = {
  readonly found: ReadonlyMap<ServiceName, Layer>;
  readonly names: ReadonlySet<string>;
  readonly collisions: (spot: (path: Path, file: StackFile) => string) => readonly Collision[];
};

/** Who brings which service: the files' own ones first, then those that only the environment has. */
const findDefinitions = (all: readonly StackFile[], includes: Includes): Definitions => {
  const found = new Map<ServiceName, Layer>();
  const names = new Set<string>();
  const twice: { readonly name: string; readonly first: Layer; readonly layer: Layer }[] = [];
  const add = (name: string, layer: Layer): void => {
    const first = found.get(name);
    if (first === undefined) found.set(name, layer);
    else if (first.file !== layer.file) twice.push({ name, first, layer });
  };
  for (const file of all) {
    for (const [name, raw] of servicesOf(file.raw)) {
      names.add(name);
      if (isRawMap(raw)) add(name, { file, path: ['services', name], raw });
    }
  }
  const own = new Map(found);
  for (const file of all) {
    const reachable = file.override === null ? null : reachableFrom(file, includes);
    for (const [name, raw] of servicesOf(file.override?.raw ?? {})) {
      const isKnown = names.has(name) && (own.get(name) === undefined || reachable?.has(own.get(name)?.file ?? file) === true);
      names.add(name);
      if (!isKnown && isRawMap(raw) && file.override !== null)
        add(name, { file, path: [...file.override.path, 'services', name], raw });
    }
  }
  return {
    found,
    names,
    collisions: (spot) =>
      twice.map(({ name, first, layer }) => ({
        message: `service "${name}" is defined twice (first at ${spot(first.path, first.file)})`,
        layer,
      })),
  };
};

const servicesOf = (raw: RawMap): [string, RawMap[string]][] => {
  const services = raw['services'];
  return isRawMap(services) ? Object.entries(services) : [];
};

/** What is the same for many services. */
type Surroundings = {
  readonly includes: Includes;
  /** Files whose environment says something about services. */
  readonly overriding: readonly StackFile[];
  /** The blocks of a file that hold for its own services. */
  readonly defaultsOf: (home: StackFile) => readonly Layer[];
};

const toSurroundings = (all: readonly StackFile[], includes: Includes): Surroundings => ({
  includes,
  overriding: all.filter(({ override }) => override?.raw['services'] !== undefined),
  defaultsOf: remember((home) =>
    [home.override, { path: [], raw: home.raw }].flatMap((level): Layer[] => {
      const raw = level?.raw['defaults'];
      return level === null || !isRawMap(raw) ? [] : [{ file: home, path: [...level.path, 'defaults'], raw }];
    }),
  ),
});

/** An override of an including file wins over one of the included file, and both over what the service itself says. */
const toLayered = (name: ServiceName, definition: Layer, { includes, overriding, defaultsOf }: Surroundings): LayeredService => {
  const home = definition.file;
  const block = home.effective['defaults'];
  const defaults = isRawMap(block) ? block : {};
  if (overriding.length === 0) {
    const layers = [definition, ...defaultsOf(home)];
    return { home, raw: mergeDefaults(name, definition.raw, defaults), layers, definition };
  }
  const overrides = overriding.flatMap((file): Layer[] => {
    const services = file.override?.raw['services'];
    if (file.override === null || services === undefined || !isRawMap(services) || !Object.hasOwn(services, name)) return [];
    const path = [...file.override.path, 'services', name];
    const raw = services[name];
    const isOwn = file === home && path.length === definition.path.length;
    return isOwn || !isRawMap(raw) || !reachableFrom(file, includes).has(home) ? [] : [{ file, path, raw }];
  });
  const own = [...overrides, definition].reduceRight<RawMap>((below, { raw }) => overlay(raw, below), {});
  const layers = [...overrides, definition, ...defaultsOf(home)];
  return { home, raw: mergeDefaults(name, own, defaults), layers, definition };
};

/** True where nothing of this run uses a value that a file writes. */
export const isUnusedAt = (layers: Layers, file: StackFile, active: ReadonlySet<ServiceName>): ((path: Path) => boolean) => {
  return (path) => {
    const effective = toEffectivePath(file, path);
    if (effective === null) return true;
    if (effective[0] !== 'services') return toWrittenPath(file, effective).length !== path.length;
    const name = String(effective[1]);
    if (!layers.services.has(name)) return false;
    const place = layers.locate(effective);
    return !active.has(name) || place.file !== file || place.path.length !== path.length;
  };
};
