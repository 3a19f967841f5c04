import path from 'node:path';
import { parseEnvFile } from '../../config/env-file.ts';
import { createAddressWriter } from './compose/address.ts';
import type { ComposeContext } from './compose/context.ts';
import { findTasks } from './compose/depends.ts';
import { isContainerOnly } from './compose/docker-run.ts';
import { readExtension } from './compose/extension.ts';
import { createKnownPorts } from './compose/known-ports.ts';
import { loadCompose } from './compose/load.ts';
import { planPorts } from './compose/port-plan.ts';
import { type Port, readPort } from './compose/ports.ts';
import { namedVolumes, stackReasons } from './compose/reasons.ts';
import { toService } from './compose/service.ts';
import { type DotEnv, toMusterText } from './compose/variables.ts';
import type { Importer, ImportInput } from './importer.ts';
import { createLedger, type Ledger } from './ledger.ts';
import { toLiteral } from './literal.ts';
import { toServiceNames } from './names.ts';
import { createReader } from './reader.ts';
import { findEntry, isNothing, type MapTree, type Spot } from './tree.ts';

/**
 * Compose runs containers, muster runs programs on this machine. What a service is, needs and waits for is carried over; what is
 * about its container is told as lost; and where only the image knows the command, somebody has to decide.
 */
export const composeImporter: Importer = {
  format: 'compose',
  summary: 'Compose files; several are overlaid in their order',
  isNamed: (name) => /(?:^|[._-])(?<!process-)compose(?:[._-][\w.-]+)?\.ya?ml$/i.test(name),
  sign: '"services"',
  looksLike: (text) => /^\s*"?services"?\s*:/m.test(text) || /^\s+(image|build)\s*:/m.test(text),
  toDraft: async (input) => {
    const ledger = createLedger();
    const loaded = await loadCompose(input.sources, { files: input.files, ledger });
    if (!('kind' in loaded)) return loaded;
    const stack = createReader(loaded, ledger);
    const dotEnv = await readDotEnv(input);
    const services = toServices(loaded, ledger);
    stack.entry('services');
    const context = toContext({ input, ledger, services, dotEnv });
    const name = stack.text('name');
    const draft = {
      head: [],
      fields: [
        ...(name === null ? [] : [{ key: 'name', value: context.text(name, loaded) }]),
        ...Object.entries(readExtension(stack, 'x-muster', context)).map(([key, value]) => ({ key, value })),
      ],
      services: [...services].map(([written, tree]) => toService(written, tree, context)),
    };
    const isContained = [...services.values()].some(isContainerOnly);
    stack.finish(isContained ? { ...stackReasons, volumes: namedVolumes } : stackReasons);
    return { draft, losses: ledger.losses(), notes: ledger.notes() };
  },
};

/** Beside the first file, as Compose has it. One that is not there, or is none, has no variables. */
const readDotEnv = async ({ sources, files }: ImportInput): Promise<DotEnv> => {
  const [first] = sources;
  if (first === undefined) return new Map();
  const file = path.join(first.root, '.env');
  if (files.kindOf(file) !== 'file') return new Map();
  const source = await files.read(file, path.join(path.dirname(first.file), '.env'));
  return 'severity' in source ? new Map() : new Map(parseEnvFile(source.text).entries);
};

const toServices = (stack: MapTree, ledger: Ledger): ReadonlyMap<string, MapTree> => {
  const entry = findEntry(stack, 'services');
  const services = new Map<string, MapTree>();
  if (entry === null || isNothing(entry.value)) return services;
  if (entry.value.kind !== 'map') {
    ledger.lose(entry, 'it should be a map of services');
    return services;
  }
  for (const { key, at, path: where, value } of entry.value.entries) {
    if (key.startsWith('x-')) ledger.lose({ at, path: where }, 'what begins with "x-" is for other tools');
    else if (value.kind === 'map') services.set(key, value);
    else if (isNothing(value)) services.set(key, { kind: 'map', at, path: where, tag: null, entries: [] });
    else ledger.lose({ at, path: where }, value.kind === 'opaque' ? value.why : 'a service should be a map');
  }
  return services;
};

type Parts = {
  readonly input: ImportInput;
  readonly ledger: Ledger;
  readonly services: ReadonlyMap<string, MapTree>;
  readonly dotEnv: DotEnv;
};

const toContext = ({ input, ledger, services, dotEnv }: Parts): ComposeContext => {
  const names = toServiceNames([...services.keys()]);
  const text = (written: string, spot: Spot): string =>
    written.includes('$') ? toMusterText(written, dotEnv, (told) => ledger.note(spot, told)) : toLiteral(written);
  const wanted = new Map([...services].map(([name, tree]) => [name, readPorts(tree, { ledger, text })]));
  const ports = planPorts(wanted, ledger);
  const known = createKnownPorts(names, ports);
  const address = createAddressWriter({ names, ports, known, ledger });
  return {
    ledger,
    files: input.files,
    out: input.out,
    services,
    names,
    ports,
    known,
    tasks: findTasks(services),
    dotEnv,
    text,
    address,
  };
};

/** `ports`, and of `expose` those that are not among them. */
const readPorts = (tree: MapTree, reading: Parameters<typeof readPort>[1]): readonly Port[] => {
  const map = createReader(tree, reading.ledger);
  const ports = map.list('ports').flatMap((item) => readPort(item, reading));
  const known = new Set(ports.map(({ target }) => target));
  const exposed = map.list('expose').flatMap((item) => readPort(item, reading));
  return [...ports, ...exposed.filter(({ target }) => !known.has(target))];
};
