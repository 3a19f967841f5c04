import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { findProgram } from './find-program.ts';
import { type Environment, runProgram } from './run.ts';

export type Credentials = { readonly user: string; readonly password: string };

export type Asking = { readonly env: Environment; readonly project: string; readonly signal: AbortSignal };

/** As `docker login`, `podman login` and `buildah login` write it. */
type AuthFile = {
  readonly auths?: Readonly<Record<string, { readonly auth?: string }>>;
  readonly credHelpers?: Readonly<Record<string, string>>;
  readonly credsStore?: string;
};

/** What the user has logged in with at a registry; null: nothing is known, and one asks as anybody. */
export const findCredentials = async (host: string, asking: Asking): Promise<Credentials | null> => {
  const names = host === 'registry-1.docker.io' ? ['https://index.docker.io/v1/', 'docker.io', host] : [host, `https://${host}`];
  for (const file of authFiles(asking.env)) {
    const auth = await readAuthFile(file);
    const stored = names.map((name) => auth.auths?.[name]?.auth).find((text) => text !== undefined && text !== '');
    if (stored !== undefined) return toCredentials(Buffer.from(stored, 'base64').toString('utf8'));
    const helper = names.map((name) => auth.credHelpers?.[name]).find((name) => name !== undefined) ?? auth.credsStore;
    if (helper === undefined) continue;
    for (const name of names) {
      const found = await askHelper(helper, name, asking);
      if (found !== null) return found;
    }
  }
  return null;
};

const authFiles = (env: Environment): readonly string[] => {
  const home = env['HOME'];
  const runtime = env['XDG_RUNTIME_DIR'];
  const docker = env['DOCKER_CONFIG'] ?? (home === undefined ? undefined : path.join(home, '.docker'));
  return [
    ...(env['REGISTRY_AUTH_FILE'] === undefined ? [] : [env['REGISTRY_AUTH_FILE']]),
    ...(runtime === undefined ? [] : [path.join(runtime, 'containers', 'auth.json')]),
    ...(docker === undefined ? [] : [path.join(docker, 'config.json')]),
  ];
};

/** What cannot be read says nothing: whoever pushes will be told by the builder. */
const readAuthFile = async (file: string): Promise<AuthFile> => {
  try {
    const data: unknown = JSON.parse(await readFile(file, 'utf8'));
    return typeof data === 'object' && data !== null ? data : {};
  } catch {
    return {};
  }
};

const askHelper = async (helper: string, name: string, { env, project, signal }: Asking): Promise<Credentials | null> => {
  if (!/^[\w.-]+$/.test(helper)) return null;
  const program = findProgram(`docker-credential-${helper}`, env['PATH'] ?? '', project);
  if (program === null) return null;
  const { code, stdout } = await runProgram({ program, args: ['get'], env, input: name, signal });
  if (code !== 0) return null;
  const [, user] = /"Username"\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(stdout) ?? [];
  const [, password] = /"Secret"\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(stdout) ?? [];
  return user === undefined || password === undefined ? null : { user, password: JSON.parse(`"${password}"`) as string };
};

const toCredentials = (text: string): Credentials | null => {
  const colon = text.indexOf(':');
  return colon < 1 ? null : { user: text.slice(0, colon), password: text.slice(colon + 1) };
};
