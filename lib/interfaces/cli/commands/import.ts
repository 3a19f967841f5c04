import path from 'node:path';
import type { Source } from '../../../config/source.ts';
import type { Diagnostic } from '../../../domain/diagnostic.ts';
import { createFileReader } from '../../importers/files.ts';
import { type Importer, isImported } from '../../importers/importer.ts';
import { findImporter, importers } from '../../importers/registry.ts';
import type { CommandContext } from '../context.ts';
import { writeImported } from '../import/write.ts';
import { renderDiagnostics } from '../render/diagnostics.ts';

/** Another tool's file as a `services.yaml`. Reads files, writes one, and runs nothing. */
export const run = async (context: CommandContext): Promise<number> => {
  const { args, cwd, stderr } = context;
  const files = createFileReader();
  const sources: Source[] = [];
  for (const file of args.positionals) {
    const source = await files.read(path.resolve(cwd, file), file);
    if ('severity' in source) return fail(context, [source]);
    sources.push(source);
  }
  const importer = choose(sources, args.text('format'));
  if (typeof importer === 'string') {
    stderr.line(`muster import: ${importer}`);
    return 2;
  }
  const imported = await importer.toDraft({
    sources,
    out: path.dirname(path.resolve(cwd, args.text('out') ?? 'services.yaml')),
    files,
  });
  if (!isImported(imported)) return fail(context, imported);
  return await writeImported(context, { imported, format: importer.format, from: args.positionals, by: 'import' });
};

const expected = importers.map(({ format, sign }) => `${sign} (${format})`).join(', ');

const choose = (sources: readonly Source[], asked: string | null): Importer | string => {
  const formats = importers.map(({ format }) => format).join(', ');
  if (asked !== null)
    return importers.find(({ format }) => format === asked) ?? `there is no format "${asked}"; choose one of ${formats}`;
  const found = sources.map((source) => ({ source, importer: findImporter(path.basename(source.absolute), source.text) }));
  const [first] = found;
  const unknown = found.find(({ importer }) => importer === null);
  if (first === undefined || first.importer === null || unknown !== undefined)
    return `${unknown?.source.file ?? 'the file'} ${unknown?.source.text.trim() === '' ? 'is empty' : 'is of no kind that is known'}: expected ${expected}; say which with --format (${formats})`;
  const other = found.find(({ importer }) => importer !== first.importer);
  if (other === undefined) return first.importer;
  return `${first.source.file} is ${first.importer.format}, and ${other.source.file} is ${other.importer?.format}: import one after the other, with --out`;
};

const fail = ({ args, stdout, stderr }: CommandContext, diagnostics: readonly Diagnostic[]): number => {
  if (args.flag('json')) stdout.line(JSON.stringify({ ok: false, diagnostics }));
  else stderr.lines(renderDiagnostics(diagnostics, stderr));
  return 2;
};
