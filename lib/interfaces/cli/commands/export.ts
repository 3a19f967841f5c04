import { mkdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { buildGraph, type ServiceGraph } from '../../../domain/graph.ts';
import type { ServiceName, Stack } from '../../../domain/service.ts';
import { writeAtomically } from '../../../runtime/atomic-write.ts';
import { userName } from '../../../runtime/processes/describe.ts';
import { type Caller, readCaller } from '../../../runtime/sudo.ts';
import type { ExportedFile, Exporter, ExportUser } from '../../exporters/exporter.ts';
import { exporters } from '../../exporters/registry.ts';
import { toStandIns, withReferences } from '../../exporters/stand-ins.ts';
import type { CommandContext } from '../context.ts';
import { findObstacle } from '../obstacle.ts';
import { toRemarkLines } from '../render/remarks.ts';

/** Writes the stack in another format; what that format cannot say is listed on stderr. Runs nothing of the file. */
export const run = async (context: CommandContext): Promise<number> => {
  const { args, stdout, stderr } = context;
  const [asked = '', ...names] = args.positionals;
  const exporter = findExporter(asked, args.flag('unit'));
  if (exporter === null) {
    stderr.line(
      args.flag('unit') && exporters.some(({ format }) => format === asked)
        ? 'muster export: --unit is for systemd only'
        : `muster export: there is no format "${asked}"; choose one of ${exporters.map(({ format }) => format).join(', ')}`,
    );
    return 2;
  }
  const elsewhere = exporter.isForImages === true ? ({ target: 'cluster', checkSystem: false } as const) : {};
  // Of a service that stayed out, only its address on this machine would be known.
  const only = exporter.isForCluster === true ? [] : names;
  const loaded = await context.load({ only, env: toStandIns(context.env), ...elsewhere });
  if (loaded === null) return 2;
  const { stack, secrets } = loaded;
  const graph = buildGraph(stack.services);
  const chosen = exporter.isForCluster === true && names.length > 0 ? toChosen(names, stack, graph) : null;
  if (typeof chosen === 'string') {
    stderr.line(`muster export: ${chosen}`);
    return 2;
  }
  const muster = [process.execPath, path.resolve(process.argv[1] ?? '')];
  const place = await toPlace(args.text('out'), context.cwd);
  const user = toUser(readCaller(context.env));
  const { folder } = place;
  const selection = [...args.list('profile').flatMap((profile) => ['--profile', profile]), ...names];
  const result = exporter.toFiles({
    stack,
    graph,
    secrets,
    muster,
    selection,
    user,
    folder,
    ...(chosen === null ? {} : { only: chosen }),
  });
  const { files: written, losses, problems = [] } = result;
  if (problems.length > 0) {
    if (args.flag('json')) stdout.line(JSON.stringify({ ok: false, format: exporter.format, problems, losses }, null, 2));
    else for (const line of toRemarkLines(problems)) stderr.line(`muster export: ${line}`);
    return 2;
  }
  const files = withReferences(written, exporter);
  if (place.out !== null) {
    const problem = await write({ files, out: place.out, isFolder: place.isFolder, force: args.flag('force') });
    if (problem !== null) {
      stderr.line(`muster export: ${problem}`);
      return 2;
    }
  }
  if (args.flag('json')) stdout.line(JSON.stringify({ format: exporter.format, files, losses }, null, 2));
  else if (place.out === null) stdout.write(toOneText(files));
  if (!args.flag('json')) for (const line of toRemarkLines(losses)) stderr.line(`not carried over: ${line}`);
  return 0;
};

type Place = {
  /** Absolute. Null: stdout, which most often becomes a file in the folder of the caller. */
  readonly out: string | null;
  /** The user has said so, or it is there. */
  readonly isFolder: boolean;
  /** Real path of where the only file lies. */
  readonly folder: string;
};

const toPlace = async (asked: string | null, cwd: string): Promise<Place> => {
  if (asked === null) return { out: null, isFolder: false, folder: await toRealPath(cwd) };
  const out = path.resolve(cwd, asked);
  const isFolder = /[\\/]$/.test(asked) || (await isDirectory(out));
  return { out, isFolder, folder: await toRealPath(isFolder ? out : path.dirname(out)) };
};

/** Also of what is not there yet: that much of it as is there. */
const toRealPath = async (target: string): Promise<string> => {
  try {
    return await realpath(target);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error) || path.dirname(target) === target) throw error;
    return path.join(await toRealPath(path.dirname(target)), path.basename(target));
  }
};

/** By name where it has one that systemd takes. */
const toUser = (caller: Caller | null): ExportUser | null => {
  if (caller === null) return null;
  const name = userName(caller.uid) ?? '';
  return { name: /^[A-Za-z_][\w.-]*$/.test(name) ? name : String(caller.uid), group: String(caller.gid) };
};

/** The named services with what they need, by the names of the file; or which of the names nobody has. */
const toChosen = (names: readonly ServiceName[], { services }: Stack, graph: ServiceGraph): ReadonlySet<ServiceName> | string => {
  const found = names.map((name) =>
    [...services.values()].filter((service) => service.name === name || service.replica?.of === name),
  );
  const unknown = names.find((_, index) => found[index]?.length === 0);
  if (unknown !== undefined) return `there is no service "${unknown}" in the active profiles`;
  const all = graph.closureOf(found.flat().map(({ name }) => name));
  return new Set([...all].map((name) => services.get(name)?.replica?.of ?? name));
};

/** `systemd --unit` is what people look for; the formats themselves have one name each. */
const findExporter = (asked: string, unit: boolean): Exporter | null => {
  const wanted = unit ? `${asked}-unit` : asked;
  return exporters.find(({ format }) => format === wanted) ?? null;
};

/** Several files one after the other, each behind its name. */
const toOneText = (files: readonly ExportedFile[]): string =>
  files.length === 1 ? (files[0]?.text ?? '') : files.map(({ path: name, text }) => `# ${name}\n${text}`).join('\n');

type Write = {
  readonly files: readonly ExportedFile[];
  readonly out: string;
  readonly isFolder: boolean;
  readonly force: boolean;
};

/**
 * The only file goes where the user said, with what only goes with it beside it; several into the folder of that name. What is
 * wrong, or null.
 */
const write = async ({ files, out, force, ...asked }: Write): Promise<string | null> => {
  const isFolder = asked.isFolder || files.filter(({ isBeside }) => isBeside !== true).length > 1;
  const toTarget = (file: ExportedFile): string =>
    isFolder ? path.join(out, file.path) : file.isBeside === true ? path.join(path.dirname(out), file.path) : out;
  const targets = files.map((file) => ({ file, target: toTarget(file) }));
  for (const { target } of targets) {
    const problem = await findObstacle(target, force);
    if (problem !== null) return problem;
  }
  if (isFolder) await mkdir(out, { recursive: true });
  for (const { file, target } of targets) {
    const written = await writeAtomically({
      path: target,
      chunks: [Buffer.from(file.text)],
      mode: file.isPrivate ? 0o600 : 0o644,
    });
    if (!written.ok) return `${target} could not be written: ${written.reason}`;
  }
  return null;
};

const isDirectory = async (target: string): Promise<boolean> => {
  try {
    return (await stat(target)).isDirectory();
  } catch (error) {
    if (error instanceof Error && 'code' in error) return false;
    throw error;
  }
};
