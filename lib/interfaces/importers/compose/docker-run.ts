import { rebase } from '../paths.ts';
import { createReader, type MapReader } from '../reader.ts';
import { findEntry, type MapTree, type Spot, scalarText, type Tree } from '../tree.ts';
import { toCommandValue } from '../words.ts';
import type { ComposeContext } from './context.ts';
import { splitAtColons } from './ports.ts';

/** Only its image knows what it runs, so that a container is all that can be proposed. */
export const isContainerOnly = (service: MapTree): boolean =>
  findEntry(service, 'image') !== null && ['build', 'command', 'entrypoint'].every((key) => findEntry(service, key) === null);

type Run = { readonly service: MapReader; readonly self: string; readonly image: string; readonly context: ComposeContext };

/**
 * The line that runs an image as Compose would: its ports, variables, folder and volumes. Without the values of its variables: Docker
 * takes them from the service's own environment.
 */
export const toDockerRun = ({ service, self, image, context }: Run): string | readonly string[] => {
  const name = context.names.get(self) ?? self;
  const ports = (context.ports.get(self)?.ports ?? []).flatMap(({ target, number }, index) => [
    '-p',
    `127.0.0.1:${index === 0 ? `\${${name}.port}` : (number ?? target)}:${target}`,
  ]);
  const variables = environmentNames(service).flatMap((variable) => ['-e', variable]);
  const folder = service.text('working_dir');
  const words = [
    ...['docker', 'run', '--rm', '--init', ...ports, ...variables],
    ...(folder === null ? [] : ['-w', context.text(folder, service.spot)]),
    ...service.list('volumes').flatMap((item) => toVolume(item, context)),
    ...service.texts('tmpfs').flatMap(({ text, spot }) => ['--tmpfs', context.text(text, spot)]),
  ];
  return toCommandValue([...words, image]);
};

const environmentNames = (service: MapReader): readonly string[] => {
  const value = service.entry('environment')?.value;
  if (value?.kind === 'map') return value.entries.map(({ key }) => key);
  if (value?.kind !== 'list') return [];
  return value.items.flatMap((item) => scalarText(item)?.split('=')[0] ?? []);
};

/** `[source:]target[:mode]`, or the same as a map. */
const toVolume = (item: Tree, context: ComposeContext): readonly string[] => {
  if (item.kind === 'map') return toLongVolume(item, context);
  const written = scalarText(item);
  if (written === null || written === '') {
    context.ledger.lose(item, 'it should be a volume');
    return [];
  }
  const [first = '', ...rest] = splitAtColons(context.text(written, item));
  return toMount(rest.length === 0 ? null : first, rest.length === 0 ? [first] : rest, item, context);
};

const toLongVolume = (item: MapTree, context: ComposeContext): readonly string[] => {
  const volume = createReader(item, context.ledger);
  const [type, source, target] = [volume.text('type') ?? 'volume', volume.text('source'), volume.text('target')];
  const isReadOnly = volume.flag('read_only') === true;
  volume.finish({});
  if (target === null || !['volume', 'bind', 'tmpfs'].includes(type)) {
    context.ledger.lose(item, 'add it to the suggested docker run, with --mount');
    return [];
  }
  const to = context.text(target, item);
  if (type === 'tmpfs') return ['--tmpfs', to];
  return toMount(source === null ? null : context.text(source, item), isReadOnly ? [to, 'ro'] : [to], item, context);
};

const toMount = (
  source: string | null,
  rest: readonly string[],
  spot: Spot,
  { out, ledger }: ComposeContext,
): readonly string[] => {
  if (source === null) {
    ledger.note(spot, 'without a name, its data goes with the container; name it in the suggested docker run to keep it');
    return ['-v', rest.join(':')];
  }
  const from = toSource(source, spot, out);
  const isNamed = /^\w[\w.-]*$/.test(from);
  ledger.note(
    spot,
    isNamed
      ? `it is in the suggested docker run; what Compose kept is in the volume PROJECT_${from} ("docker volume ls")`
      : 'it is in the suggested docker run; a program of this machine sees the files as they are',
  );
  return ['-v', [from, ...rest].join(':')];
};

/** A folder of this machine, from where the result will be; Docker knows it from the name of a volume by how it begins. */
const toSource = (source: string, { at }: Spot, out: string): string => {
  if (/^~(?=\/|$)/.test(source)) return `\${HOME}${source.slice(1)}`;
  if (!source.startsWith('.')) return source;
  const folder = rebase(source, at, out);
  return folder.startsWith('.') ? folder : `./${folder}`;
};
