import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createProject, type Project, type RunResult, runMuster, startMuster } from './cli.ts';

/**
 * A cluster for tests, by name, so that nothing is ever tried on whatever kubectl happens to point to:
 * `MUSTER_TEST_CLUSTER` is the context, `MUSTER_TEST_IMAGE` an image with `node` that its nodes have or can pull,
 * `MUSTER_TEST_PLUG` a command that cuts the node off whose name is its last word.
 */
export const testContext = process.env['MUSTER_TEST_CLUSTER'] ?? null;
export const plugCommand = process.env['MUSTER_TEST_PLUG'] ?? null;
const image = process.env['MUSTER_TEST_IMAGE'] ?? 'localhost/node:1';

export const kubectl = async (...args: readonly string[]): Promise<string> => {
  const { code, stdout, stderr } = await run('kubectl', ['--context', testContext ?? '', ...args]);
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')} ended with ${code}: ${stderr}`);
  return stdout;
};

export const run = (program: string, args: readonly string[]): Promise<RunResult> =>
  new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const text = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const)
      child[name].setEncoding('utf8').on('data', (chunk: string) => {
        text[name] += chunk;
      });
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, ...text }));
  });

/** The stack of six, whose services end with 1 when they come too early. */
export const sixServices = (): string =>
  readFileSync(join(import.meta.dirname, '..', 'data', 'cluster', 'services.yaml'), 'utf8');

export type ClusterRig = {
  readonly namespace: string;
  readonly project: Project;
  muster(...args: readonly string[]): Promise<RunResult>;
  start(...args: readonly string[]): ReturnType<typeof startMuster>;
  kubectl(...args: readonly string[]): Promise<string>;
  /** Of a kind, as the API has them. */
  items(kind: string): Promise<readonly KubeItem[]>;
  close(): Promise<void>;
};

export type KubeItem = {
  readonly metadata: {
    readonly name: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly creationTimestamp: string;
    readonly deletionTimestamp?: string;
  };
  readonly spec: { readonly nodeName?: string; readonly replicas?: number };
  readonly status: {
    readonly containerStatuses?: readonly { readonly restartCount: number; readonly ready: boolean }[];
    readonly readyReplicas?: number;
    readonly succeeded?: number;
    readonly failed?: number;
  };
};

/** A namespace of its own, with a project whose `services.yaml` holds `text`; `close` takes both away. */
export const createClusterRig = async (text: string): Promise<ClusterRig> => {
  const namespace = `muster-test-${Math.random().toString(36).slice(2, 8)}`;
  await kubectl('create', 'namespace', namespace);
  const project = createProject({ 'services.yaml': text.replaceAll('localhost/node:1', image) });
  const options = { cwd: project.folder, env: { KUBECONFIG: process.env['KUBECONFIG'] ?? '' }, patience: 240_000 };
  const on = ['--on', 'kubernetes', '--context', testContext ?? '', '--namespace', namespace];
  return {
    namespace,
    project,
    muster: (...args) => runMuster([...args, ...on], options),
    start: (...args) => startMuster([...args, ...on], options),
    kubectl: (...args) => kubectl('--namespace', namespace, ...args),
    items: async (kind) =>
      (JSON.parse(await kubectl('--namespace', namespace, 'get', kind, '--output', 'json')) as { items: KubeItem[] }).items,
    close: async () => {
      await kubectl('delete', 'namespace', namespace, '--wait=true', '--timeout=120s');
    },
  };
};
