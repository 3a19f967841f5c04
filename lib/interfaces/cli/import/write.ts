import { existsSync } from 'node:fs';
import path from 'node:path';
import { writeAtomically } from '../../../runtime/atomic-write.ts';
import type { Imported } from '../../importers/importer.ts';
import type { Remark } from '../../importers/ledger.ts';
import { toServicesYaml } from '../../importers/write.ts';
import { toCommandLine } from '../connect.ts';
import type { CommandContext } from '../context.ts';
import { findObstacle } from '../obstacle.ts';

export type Written = {
  readonly imported: Imported;
  readonly format: string;
  /** The files that were read, as the user named them. */
  readonly from: readonly string[];
  /** The command that writes it. */
  readonly by: 'import' | 'init';
};

/** Puts the result where it was asked for, and tells everything that is not in it, or not as it was. The answer is the exit code. */
export const writeImported = async (context: CommandContext, { imported, format, from, by }: Written): Promise<number> => {
  const { args, cwd, stdout, stderr } = context;
  const { draft, losses, notes } = imported;
  const out = args.text('out') ?? 'services.yaml';
  const target = out === '-' ? null : path.resolve(cwd, out);
  const head = [...toHead(by, from, losses.length), ...draft.head];
  const text = `${toSchemaLine(path.dirname(target ?? path.resolve(cwd, out)))}${toServicesYaml({ ...draft, head })}`;
  const problem = target === null ? null : await write(target, { text, shown: out, force: args.flag('force') });
  if (problem !== null) {
    if (args.flag('json')) stdout.line(JSON.stringify({ ok: false, problem, losses, notes }));
    else stderr.line(`muster ${by}: ${problem}`);
    return 2;
  }
  const services = draft.services.length;
  if (args.flag('json')) {
    stdout.line(
      JSON.stringify({ ok: true, format, from, out: target === null ? null : out, services, losses, notes, text }, null, 2),
    );
    return 0;
  }
  tell(context, 'not carried over', losses);
  tell(context, 'to look at', notes);
  if (target === null) stdout.write(text);
  else
    stdout.line(
      `${out}: ${services} service${services === 1 ? '' : 's'}${from.length === 0 ? '' : ` from ${from.join(', ')}`}; next: read it, then "${toCheck(context, out)}"`,
    );
  return 0;
};

/** Of the file that was written, where that is not the one that is read without a word. */
const toCheck = (context: CommandContext, out: string): string => {
  const isUsual = path.resolve(context.cwd, out) === path.resolve(context.cwd, 'services.yaml');
  return toCommandLine(context, ['check'], isUsual ? null : out);
};

const schema = path.join('node_modules', 'muster', 'schemas', 'services.schema.json');

/** What has an editor complete the fields: of the muster that is installed for that folder, or for one above it. */
const toSchemaLine = (folder: string): string => {
  for (let above = folder; ; above = path.dirname(above)) {
    const found = path.join(above, schema);
    if (existsSync(found)) return `# yaml-language-server: $schema=${toWritten(path.relative(folder, found))}\n`;
    if (above === path.dirname(above)) return '';
  }
};

const toWritten = (relative: string): string => {
  const text = relative.replaceAll(path.sep, '/');
  return text.startsWith('.') ? text : `./${text}`;
};

const toHead = (by: Written['by'], from: readonly string[], losses: number): readonly string[] => [
  `Written by "muster ${by}"${from.length === 0 ? '' : ` from ${from.map((file) => path.basename(file)).join(', ')}`}. Read it before "muster up": what it says is run on this machine.`,
  ...(losses === 0
    ? []
    : [`${losses} setting${losses === 1 ? ' was' : 's were'} not carried over; the import lists each with its line.`]),
  'Where a service says nothing else, muster starts it again when it fails, and proves its first port before dependents start.',
];

/** `compose.yaml:4: services.web.volumes: why`. */
const tell = ({ stderr }: CommandContext, title: string, remarks: readonly Remark[]): void => {
  if (remarks.length === 0) return;
  stderr.line(`${title}:`);
  for (const { file, line, key, text } of remarks) stderr.line(`  ${file}:${line}: ${key === '' ? '' : `${key}: `}${text}`);
};

type Target = { readonly text: string; readonly shown: string; readonly force: boolean };

const write = async (target: string, { text, shown, force }: Target): Promise<string | null> => {
  const obstacle = await findObstacle(target, force);
  if (obstacle !== null) return obstacle.replace(target, shown);
  const written = await writeAtomically({ path: target, chunks: [Buffer.from(text)], mode: 0o644 });
  return written.ok ? null : `${shown} could not be written: ${written.reason}`;
};
