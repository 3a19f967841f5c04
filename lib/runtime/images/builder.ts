import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isLocalRegistry } from '../../domain/images/repository.ts';
import type { Build } from '../../domain/service.ts';
import { findProgram } from './find-program.ts';
import { type Environment, runProgram } from './run.ts';

/** In the order in which they are looked for. */
export const builderNames = ['docker', 'podman', 'buildah'] as const;

export type Builder = {
  readonly name: (typeof builderNames)[number];
  /** Absolute. */
  readonly program: string;
};

export type FoundBuilder = { readonly ok: true; readonly builder: Builder } | { readonly ok: false; readonly problem: string };

export type Finding = {
  readonly env: Environment;
  /** A program in here is not the one that is meant. */
  readonly project: string;
  readonly signal: AbortSignal;
};

/** The first that is there and can build: a docker without its daemon cannot. */
export const findBuilder = async ({ env, project, signal }: Finding): Promise<FoundBuilder> => {
  let unable: string | null = null;
  for (const name of builderNames) {
    const program = findProgram(name, env['PATH'] ?? '', project);
    if (program === null) continue;
    if (name !== 'docker') return { ok: true, builder: { name, program } };
    const asked = await runProgram({ program, args: ['version', '--format', '{{.Server.Version}}'], env, signal });
    if (asked.code === 0) return { ok: true, builder: { name, program } };
    unable = `docker is there, and its daemon does not answer: ${asked.lines.at(-1) ?? 'it does not say why'}`;
  }
  return { ok: false, problem: unable ?? `none of ${builderNames.join(', ')} is in PATH: one of them builds images` };
};

export type BuildRun = {
  readonly builder: Builder;
  readonly build: Build;
  /** With its tag. */
  readonly image: string;
  readonly env: Environment;
  readonly signal: AbortSignal;
};

export type Built = { readonly ok: true } | BuildFailure;

export type BuildFailure = {
  readonly ok: false;
  /** What follows "its image ": `was not built: docker exited with code 1`. */
  readonly problem: string;
  /** What the builder said last, oldest first. */
  readonly lines: readonly string[];
};

/** Values of arguments go by the environment, where a list of processes does not show them. */
export const buildImage = async ({ builder, build, image, env, signal }: BuildRun): Promise<Built> => {
  const named = Object.keys(build.args).flatMap((name) => ['--build-arg', name]);
  const target = build.target === null ? [] : ['--target', build.target];
  const file = ['--file', path.resolve(build.context, build.dockerfile)];
  const { code, lines } = await runProgram({
    program: builder.program,
    args: ['build', '--tag', image, ...file, ...target, ...named, build.context],
    env: { ...env, BUILDKIT_PROGRESS: 'plain', ...build.args },
    signal,
  });
  return code === 0 ? { ok: true } : { ok: false, problem: `was not built: ${builder.name} ${tellEnd(code)}`, lines };
};

export type Pushed = { readonly ok: true; readonly digest: string } | BuildFailure;

/** The digest is what the registry has made of it, and the only name that never means another image. */
export const pushImage = async ({ builder, image, env, signal }: Omit<BuildRun, 'build'>): Promise<Pushed> => {
  const folder = await mkdtemp(path.join(tmpdir(), 'muster-push-'));
  try {
    const file = path.join(folder, 'digest');
    const plain = isLocalRegistry(image.slice(0, image.lastIndexOf(':'))) ? ['--tls-verify=false'] : [];
    const args = builder.name === 'docker' ? ['push', image] : ['push', ...plain, '--digestfile', file, image];
    const { code, stdout, lines } = await runProgram({ program: builder.program, args, env, signal });
    if (code !== 0) return { ok: false, problem: `was not pushed: ${builder.name} ${tellEnd(code)}`, lines };
    const said = builder.name === 'docker' ? (/digest: (.*)/.exec(stdout)?.[1] ?? '') : await readFile(file, 'utf8');
    const [digest] = /sha256:[0-9a-f]{64}/.exec(said) ?? [];
    return digest === undefined
      ? { ok: false, problem: `was pushed, and ${builder.name} does not say under which digest`, lines }
      : { ok: true, digest };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

const tellEnd = (code: number | null): string => (code === null ? 'was ended' : `exited with code ${code}`);
