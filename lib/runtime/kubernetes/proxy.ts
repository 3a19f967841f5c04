import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createClusterClient } from './client.ts';
import type { Cluster } from './cluster.ts';

export type ProxyOptions = {
  /** Null: the current one. */
  readonly context: string | null;
  /** Null: that of the context. */
  readonly namespace: string | null;
  readonly env: Readonly<Record<string, string | undefined>>;
};

export type Connected =
  | { readonly ok: true; readonly cluster: Cluster; readonly context: string }
  | { readonly ok: false; readonly problem: string };

/**
 * A cluster as kubectl reaches it, with all of its ways to authenticate: one `kubectl proxy` on a socket in a folder of our own. It
 * hangs on a pipe from us, because it would outlive us otherwise, also when we are killed.
 */
export const connectCluster = async (options: ProxyOptions): Promise<Connected> => {
  const chosen = await readContext(options);
  if (!('context' in chosen)) return { ok: false, problem: chosen.problem };
  const folder = await mkdtemp(path.join(tmpdir(), 'muster-kubectl-'));
  const socketPath = path.join(folder, 'api');
  const { child, said } = startProxy(socketPath, options);
  const close = async (): Promise<void> => {
    const gone = new Promise<void>((resolve) => {
      if (child.exitCode !== null || child.signalCode !== null) resolve();
      else child.once('close', () => resolve());
    });
    child.stdin?.end();
    await gone;
    await rm(folder, { recursive: true, force: true });
  };
  const problem = await awaitSocket(socketPath, child, said);
  if (problem !== null) {
    await close();
    return { ok: false, problem };
  }
  return { ok: true, context: chosen.context, cluster: createClusterClient({ socketPath, ...chosen, close }) };
};

/**
 * The shell waits for the end of its standard input, which ours or our own end brings, ends the proxy, and takes the folder away.
 * It says nothing of its own on the way: nobody may be there any more to read it.
 */
const script =
  'dir=$1; shift; exec 3<&0; kubectl "$@" </dev/null 3<&- & pid=$!; exec 2>/dev/null; (cat <&3 >/dev/null; kill $pid 2>/dev/null) & wait $pid; code=$?; kill $! 2>/dev/null; rm -rf -- "$dir"; exit $code';

const startProxy = (
  socketPath: string,
  { context, env }: ProxyOptions,
): { readonly child: ChildProcess; readonly said: () => string } => {
  const flags = ['proxy', `--unix-socket=${socketPath}`, ...(context === null ? [] : [`--context=${context}`])];
  const child = spawn('/bin/sh', ['-c', script, 'sh', path.dirname(socketPath), ...flags], {
    env,
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  let text = '';
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    text = (text + chunk).slice(-2000);
  });
  // It may end before it has read anything.
  child.stdin?.on('error', () => undefined);
  return { child, said: () => text.trim().split('\n').at(-1) ?? '' };
};

/** Null when it answers; else why it does not. */
const awaitSocket = (socketPath: string, child: ChildProcess, said: () => string): Promise<string | null> =>
  new Promise((resolve) => {
    let isOver = false;
    const end = (problem: string | null): void => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      resolve(problem);
    };
    child.once('close', () => end(`kubectl proxy has ended: ${said() || 'it does not say why'}`));
    child.once('error', (error) => end(`kubectl cannot be run: ${error.message}`));
    const began = Date.now();
    let timer = setTimeout(() => undefined, 0);
    const knock = (): void => {
      if (isOver) return;
      const socket = connect(socketPath);
      socket.once('connect', () => {
        socket.destroy();
        end(null);
      });
      socket.once('error', () => {
        if (Date.now() - began > 10_000) end('kubectl proxy does not answer');
        else timer = setTimeout(knock, 10);
      });
    };
    knock();
  });

type Chosen = { readonly context: string; readonly namespace: string } | { readonly problem: string };

/** Which context and namespace, as kubectl has them. */
const readContext = async ({ context, namespace, env }: ProxyOptions): Promise<Chosen> => {
  const flags = ['config', 'view', '--minify', '--output=json', ...(context === null ? [] : [`--context=${context}`])];
  const { code, stdout, stderr } = await run('kubectl', flags, env);
  if (code === null) return { problem: stderr === '' ? notInPath : `kubectl cannot be run: ${stderr}` };
  if (code !== 0) return { problem: `kubectl knows no cluster: ${stderr.trim().split('\n').at(-1) ?? ''}` };
  const { contexts, 'current-context': current } = JSON.parse(stdout) as {
    contexts?: readonly { context?: { namespace?: string } }[] | null;
    'current-context'?: string;
  };
  return { context: context ?? current ?? '', namespace: namespace ?? contexts?.[0]?.context?.namespace ?? 'default' };
};

const notInPath = 'kubectl is not in PATH: it is what reaches the cluster';

/** `code`, null: it could not be started; why, where it is not that it is not there, is in `stderr`. */
type Ran = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

const run = (program: string, args: readonly string[], env: ProxyOptions['env']): Promise<Ran> =>
  new Promise((resolve) => {
    // Without streams where no descriptor is left for them.
    const child: ChildProcess = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const text = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const)
      child[name]?.setEncoding('utf8').on('data', (chunk: string) => {
        text[name] += chunk;
      });
    child.once('error', (error: NodeJS.ErrnoException) =>
      resolve({ code: null, stdout: '', stderr: error.code === 'ENOENT' ? '' : error.message }),
    );
    child.once('close', (code) => resolve({ code: code ?? 1, ...text }));
  });
