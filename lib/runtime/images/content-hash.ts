import { createHash, type Hash } from 'node:crypto';
import { createReadStream, type Dirent } from 'node:fs';
import { readdir, readFile, readlink, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type DockerIgnore, parseDockerIgnore } from '../../domain/images/docker-ignore.ts';
import type { Build } from '../../domain/service.ts';

export type ContentOptions = {
  readonly build: Build;
  /** Absolute paths that are no part of what is built, though a builder may copy them: muster's own logs and memory. */
  readonly isOwn: (file: string) => boolean;
};

/**
 * Twelve hexadecimal digits for everything that decides what an image is: the files of the context that a builder copies (names,
 * contents, whether they are programs), the Dockerfile, the arguments and the stage. Contents, because times lie.
 */
export const hashContent = async ({ build, isOwn }: ContentOptions): Promise<ContentHash> => {
  const { default: pRetry } = await import('p-retry');
  try {
    // An editor or a compiler at work takes files away between the listing and the look at them.
    const hash = await pRetry(() => hashOnce(build, isOwn), {
      retries: 3,
      minTimeout: 20,
      shouldRetry: ({ error }) => (error as NodeJS.ErrnoException).code === 'ENOENT',
    });
    return { ok: true, hash };
  } catch (error) {
    if (error instanceof Error && 'code' in error) return { ok: false, problem: `its context cannot be read: ${error.message}` };
    throw error;
  }
};

export type ContentHash = { readonly ok: true; readonly hash: string } | { readonly ok: false; readonly problem: string };

const hashOnce = async (build: Build, isOwn: ContentOptions['isOwn']): Promise<string> => {
  const dockerfile = path.resolve(build.context, build.dockerfile);
  const hash = createHash('sha256').update(JSON.stringify([build.args, build.target]));
  hash.update(await readFile(dockerfile));
  const ignore = parseDockerIgnore(await readIgnore(build.context, dockerfile));
  await addFolder('', { hash, ignore, isOwn, context: build.context });
  return hash.digest('hex').slice(0, 12);
};

/** That of the Dockerfile itself comes before that of the context. */
const readIgnore = async (context: string, dockerfile: string): Promise<string> => {
  for (const file of [`${dockerfile}.dockerignore`, path.join(context, '.dockerignore')]) {
    try {
      return await readFile(file, 'utf8');
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    }
  }
  return '';
};

type Walk = {
  readonly hash: Hash;
  readonly ignore: DockerIgnore;
  readonly isOwn: ContentOptions['isOwn'];
  readonly context: string;
};

const addFolder = async (folder: string, walk: Walk): Promise<void> => {
  const entries = await readdir(path.join(walk.context, folder), { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const name = folder === '' ? entry.name : `${folder}/${entry.name}`;
    const file = path.join(walk.context, name);
    if (walk.isOwn(file)) continue;
    if (entry.isDirectory()) {
      if (!walk.ignore.leavesOutWhole(name)) await addFolder(name, walk);
    } else if (!walk.ignore.leavesOut(name)) await addFile(entry, { name, file, hash: walk.hash });
  }
};

type Found = { readonly name: string; readonly file: string; readonly hash: Hash };

/** Sockets and pipes are nothing that could be copied. */
const addFile = async (entry: Dirent, { name, file, hash }: Found): Promise<void> => {
  if (entry.isSymbolicLink()) hash.update(`\0link\0${name}\0${await readlink(file)}`);
  if (!entry.isFile()) return;
  const { mode, size } = await stat(file);
  hash.update(`\0${(mode & 0o111) === 0 ? 'file' : 'program'}\0${name}\0${size}\0`);
  await pipeline(createReadStream(file), async (chunks: AsyncIterable<Buffer>) => {
    for await (const chunk of chunks) hash.update(chunk);
  });
};
