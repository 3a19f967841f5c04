import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';
import { starterIgnore, toStarterDockerfile } from '../../../domain/images/starter.ts';
import { writeAtomically } from '../../../runtime/atomic-write.ts';
import type { CommandContext } from '../context.ts';
import type { PlannedBuild } from './plan-builds.ts';
import type { Prepared } from './prepare.ts';

/** Nobody can guess how a program gets into an image. True: something was missing, and a draft of it was written. */
export const writeStarters = async (
  { cwd, stderr }: CommandContext,
  command: string,
  builds: readonly PlannedBuild[],
): Promise<boolean> => {
  const written = new Set<string>();
  for (const { service, build, definition } of builds) {
    const dockerfile = path.resolve(build.context, build.dockerfile);
    if (written.has(dockerfile) || (await isThere(dockerfile))) continue;
    if (!(await isThere(build.context))) {
      stderr.line(`muster ${command}: ${service}: the folder ${shown(cwd, build.context)} that it is built from is not there`);
      written.add(dockerfile);
      continue;
    }
    const files = await readdir(build.context);
    const drafts = [{ file: dockerfile, text: toStarterDockerfile({ service: definition, files }) }];
    const ignore = path.join(build.context, '.dockerignore');
    if (!files.includes('.dockerignore')) drafts.push({ file: ignore, text: starterIgnore });
    const problem = await writeAll(drafts);
    stderr.line(
      `muster ${command}: ${service}: ${shown(cwd, dockerfile)} was not there; ${problem ?? `${drafts.length === 1 ? 'a draft of it was' : 'drafts of it and of its .dockerignore were'} written: look through them, then run this again`}`,
    );
    written.add(dockerfile);
  }
  return written.size > 0;
};

const writeAll = async (drafts: readonly { readonly file: string; readonly text: string }[]): Promise<string | null> => {
  for (const { file, text } of drafts) {
    const outcome = await writeAtomically({ path: file, chunks: [Buffer.from(text)], mode: 0o644 });
    if (!outcome.ok) return `a draft of it could not be written: ${outcome.reason}`;
  }
  return null;
};

/** Said by `check`, which writes nothing. */
export const findMissingDockerfiles = async (
  { cwd }: Pick<CommandContext, 'cwd'>,
  builds: readonly PlannedBuild[],
): Promise<Prepared['problems']> => {
  const missing = await Promise.all(
    builds.map(async ({ service, build }) => {
      const dockerfile = path.resolve(build.context, build.dockerfile);
      const text = `${shown(cwd, dockerfile)} is not there; "muster up --on kubernetes" writes a draft of it`;
      return (await isThere(dockerfile)) ? [] : [{ service, text }];
    }),
  );
  return missing.flat();
};

const isThere = async (file: string): Promise<boolean> => {
  try {
    await lstat(file);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return false;
    throw error;
  }
};

const shown = (cwd: string, file: string): string => path.relative(cwd, file) || '.';
