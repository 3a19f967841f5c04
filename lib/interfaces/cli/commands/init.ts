import path from 'node:path';
import type { Source } from '../../../config/source.ts';
import { choose, combine, type Part } from '../../importers/combine.ts';
import { createFileReader } from '../../importers/files.ts';
import { type Finding, findKit, findSources } from '../../importers/find.ts';
import { type FileReader, type Imported, isImported } from '../../importers/importer.ts';
import { importers } from '../../importers/registry.ts';
import { toStarter } from '../../importers/starter.ts';
import type { CommandContext } from '../context.ts';
import { writeImported } from '../import/write.ts';
import { findObstacle } from '../obstacle.ts';

/** A first `services.yaml`, from what other tools know of this folder already. Runs nothing. */
export const run = async (context: CommandContext): Promise<number> => {
  const { args, cwd, stderr } = context;
  const out = args.text('out') ?? 'services.yaml';
  const target = path.resolve(cwd, out);
  const obstacle = out === '-' ? null : await findObstacle(target, args.flag('force'));
  if (obstacle !== null) {
    stderr.line(`muster init: ${obstacle.replace(target, out)}`);
    return 2;
  }
  const files = createFileReader();
  const parts: Part[] = [];
  for (const finding of findSources(cwd, files)) {
    const imported = await read(finding, { cwd, out: path.dirname(target), files });
    if (typeof imported !== 'string') parts.push({ ...finding, imported });
    else stderr.line(`left out: ${finding.files.join(', ')}: ${imported}`);
  }
  const { used, left } = choose(parts);
  for (const part of used) stderr.line(`taken: ${describe(part)}`);
  for (const part of left)
    stderr.line(
      `left out: ${describe(part)}${part.imported.draft.services.length === 0 ? '' : `; "muster import ${part.files.join(' ')} --out FILE" reads it`}`,
    );
  const kit = used.length === 0 ? findKit(cwd, files) : null;
  if (used.length === 0)
    stderr.line(kit === null ? 'nothing that says what runs here: a file to begin with' : `taken: ${kit.file}`);
  const imported = used.length === 0 ? { draft: toStarter(kit), losses: [], notes: [] } : combine(used);
  return await writeImported(context, {
    imported,
    format: used.map(({ format }) => format).join('+') || 'starter',
    from: used.flatMap((part) => part.files),
    by: 'init',
  });
};

const describe = ({ files, format, imported }: Part): string => {
  const count = imported.draft.services.length;
  return `${files.join(', ')} (${format}, ${count} service${count === 1 ? '' : 's'})`;
};

type Place = { readonly cwd: string; readonly out: string; readonly files: FileReader };

/** What comes of the files, or why nothing does. */
const read = async ({ format, files: names }: Finding, { cwd, out, files }: Place): Promise<Imported | string> => {
  const sources: Source[] = [];
  for (const name of names) {
    const source = await files.read(path.join(cwd, name), name);
    if ('severity' in source) return source.message;
    sources.push(source);
  }
  const importer = importers.find((each) => each.format === format);
  if (importer === undefined) throw new Error(`there is no importer for ${format}`);
  const imported = await importer.toDraft({ sources, out, files });
  return isImported(imported) ? imported : imported.map(({ line, message }) => `line ${line}: ${message}`).join('; ');
};
