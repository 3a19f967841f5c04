import type { DraftField } from '../draft.ts';
import { rebase } from '../paths.ts';
import { createReader, type MapReader } from '../reader.ts';
import { isNothing, scalarText, type Tree } from '../tree.ts';
import { joinWords, type Split, splitLine, toCommandValue } from '../words.ts';
import type { ComposeContext } from './context.ts';
import { toDockerRun } from './docker-run.ts';
import { toFolder } from './folder.ts';
import { isHostFlag } from './host-variables.ts';
import { toKeyed } from './merge.ts';

/** `image`, `build`, `entrypoint`, `command`, `working_dir`: what runs, and where. */
export const toCommandFields = (service: MapReader, self: string, context: ComposeContext): readonly DraftField[] => {
  const image = service.text('image');
  const imageText = image === null ? null : context.text(image, service.spot);
  const build = toBuild(service, context);
  const entrypoint = readWords(service, 'entrypoint', self, context);
  const command = readWords(service, 'command', self, context);
  const words = [...(entrypoint?.words ?? []), ...(command?.words ?? [])];
  const isContained = imageText !== null && build === null && words.length === 0;
  const folder = isContained ? [] : toFolder(service, { built: build?.folder ?? null, hasCommand: words.length > 0 }, context);
  const fields: DraftField[] = [
    ...(imageText === null ? [] : [toImage(imageText, words.length > 0)]),
    ...(build === null ? [] : [build.field]),
    ...folder,
  ];
  if (words.length === 0) return [...fields, ...toMissing({ service, self, image: imageText, isBuilt: build !== null, context })];
  const where = imageText === null || imageText.includes('${') ? 'a container' : imageText;
  const comment =
    imageText === null && build === null
      ? []
      : [
          `In Compose it runs in ${build === null ? where : 'the image that is built'}, here on this machine.`,
          ...(entrypoint === null && build === null ? ['The image may have an entrypoint that comes before it.'] : []),
        ];
  return [...fields, { key: 'command', value: toValue(service, words, { entrypoint, command }), comment }];
};

/**
 * Compose fills in variables first and splits then, and so does muster with a line: a variable whose value says how many words it is
 * stays in one.
 */
const toValue = (
  service: MapReader,
  words: readonly string[],
  splits: { readonly entrypoint: Split | null; readonly command: Split | null },
): string | readonly string[] => {
  const value = toCommandValue(words);
  const open = (['entrypoint', 'command'] as const).filter((key) => splits[key]?.isOpen === true);
  if (typeof value === 'string' || open.length === 0) return value;
  for (const key of open)
    service.note(
      key,
      'it is a line here, that is split when its variables are filled in; with shell syntax in one, a shell runs it',
    );
  return [splits.entrypoint, splits.command].flatMap((split) => split?.line ?? []).join(' ');
};

/** One that asks for a variable would keep the stack from starting, though nothing but a cluster looks at it. */
const toImage = (image: string, hasCommand: boolean): DraftField => {
  if (!hasCommand || !/\$\{[^}]*\?/.test(image)) return { key: 'image', value: image };
  return { key: 'image', value: image, comment: ['Its image, for a cluster.'], isSuggestion: true };
};

const readWords = (service: MapReader, key: string, self: string, context: ComposeContext): Split | null => {
  const entry = service.entry(key);
  if (entry === null) return null;
  const { value } = entry;
  const write = (text: string, spot: Tree, before: Tree | undefined): string =>
    context.address(context.text(text, spot), spot, { self, what: isHostFlag(before) ? 'flagged' : 'words' });
  const line = scalarText(value);
  if (value.kind === 'list')
    return joinWords(
      value.items.flatMap((item, index) => {
        const word = scalarText(item);
        if (word === null) context.ledger.lose(item, 'it should be text');
        return word === null ? [] : [write(word, item, value.items[index - 1])];
      }),
    );
  if (line === null) {
    if (value.kind !== 'scalar') context.ledger.lose(entry, 'it should be text or a list');
    return null;
  }
  const split = splitLine(write(line, value, undefined));
  if (split === null) context.ledger.lose(entry, 'a quote in it is never closed');
  return split;
};

type Build = { readonly field: DraftField; readonly folder: string | null };

const toBuild = (service: MapReader, { text, out, ledger }: ComposeContext): Build | null => {
  const entry = service.entry('build');
  if (entry === null) return null;
  const written = scalarText(entry.value);
  const isRemote = (context: string): boolean => /^(?:[a-z][a-z0-9+.-]*:\/\/|git@|github\.com\/)/i.test(context);
  if (written !== null) {
    if (isRemote(written)) {
      ledger.lose(entry, 'a build from another machine: clone it, and name the folder');
      return null;
    }
    const folder = rebase(text(written, entry.value), entry.value.at, out);
    return { field: { key: 'build', value: folder }, folder };
  }
  if (entry.value.kind !== 'map') {
    ledger.lose(entry, 'it should be a folder or a map');
    return null;
  }
  const map = createReader(entry.value, ledger);
  const context = map.entry('context');
  const folderText = context === null ? '.' : scalarText(context.value);
  const dockerfile = map.text('dockerfile');
  const target = map.text('target');
  const args = toArgs(map, { text, ledger });
  map.finish(buildReasons);
  if (folderText === null || isRemote(folderText)) {
    map.lose('context', 'a build from another machine: clone it, and name the folder');
    for (const key of ['dockerfile', 'target', 'args']) if (map.entry(key) !== null) map.lose(key, 'its folder is not here');
    return null;
  }
  const folder = rebase(text(folderText, entry.value), context?.value.at ?? entry.value.at, out);
  const more = {
    ...(dockerfile === null ? {} : { dockerfile: text(dockerfile, entry.value) }),
    ...(Object.keys(args).length === 0 ? {} : { args }),
    ...(target === null ? {} : { target: text(target, entry.value) }),
  };
  const value = Object.keys(more).length === 0 ? folder : { context: folder, ...more };
  return { field: { key: 'build', value }, folder };
};

/** One without a value has that of whoever builds. */
const toArgs = (
  build: MapReader,
  { text, ledger }: Pick<ComposeContext, 'text' | 'ledger'>,
): Readonly<Record<string, string>> => {
  const entry = build.entry('args');
  if (entry === null || isNothing(entry.value)) return {};
  const tree = toKeyed(entry.value);
  if (tree.kind !== 'map') {
    ledger.lose(entry, 'it should be a map, or a list of NAME=value');
    return {};
  }
  return Object.fromEntries(
    tree.entries.flatMap((argument): readonly (readonly [string, string])[] => {
      const { key, value } = argument;
      const written = scalarText(value);
      if (isNothing(value)) return [[key, text(`\${${key}}`, argument)]];
      if (written !== null) return [[key, text(written, value)]];
      ledger.lose(argument, 'it should be text');
      return [];
    }),
  );
};

const onImage = 'it is about how the image is built; put it into the Dockerfile';
const buildReasons = Object.fromEntries(
  'cache_from cache_to labels network shm_size secrets ssh platforms tags extra_hosts isolation privileged no_cache pull ulimits entitlements additional_contexts provenance sbom dockerfile_inline'
    .split(' ')
    .map((key) => [key, onImage]),
);

type Missing = {
  readonly service: MapReader;
  readonly self: string;
  readonly image: string | null;
  readonly isBuilt: boolean;
  readonly context: ComposeContext;
};

/** Nobody can guess what an image runs: the line that starts it in a container stands there as a suggestion. */
const toMissing = ({ service, self, image, isBuilt, context }: Missing): readonly DraftField[] => {
  context.ledger.note(service.spot, 'it has no command of its own: decide what runs here');
  if (image === null || isBuilt) {
    const comment = isBuilt
      ? ['DECIDE: it runs what its image says (CMD and ENTRYPOINT of the Dockerfile). Write that as its command.']
      : ['DECIDE: it has no command. Write the one that runs it here.'];
    return [{ key: 'command', value: 'node server.js', comment, isSuggestion: true }];
  }
  const comment = [
    `DECIDE: only the image ${image} knows what it runs. Write the command that runs it here, or use this one (Docker):`,
  ];
  return [{ key: 'command', value: toDockerRun({ service, self, image, context }), comment, isSuggestion: true }];
};
