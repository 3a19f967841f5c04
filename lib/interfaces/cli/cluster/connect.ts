import type { Cluster } from '../../../runtime/kubernetes/cluster.ts';
import { connectCluster } from '../../../runtime/kubernetes/proxy.ts';
import { toCommandLine } from '../connect.ts';
import type { CommandContext } from '../context.ts';

/** Calls with the cluster that the command line says, and lets go of it in any case. The exit code. */
export const withCluster = async (
  context: CommandContext,
  command: string,
  use: (cluster: Cluster) => Promise<number>,
): Promise<number> => {
  const { args, env, stderr } = context;
  const connected = await connectCluster({ context: args.text('context'), namespace: args.text('namespace'), env });
  if (!connected.ok) {
    stderr.line(`muster ${command}: ${connected.problem}`);
    return 2;
  }
  try {
    return await use(connected.cluster);
  } finally {
    await connected.cluster.close();
  }
};

/** Aborts at the first Ctrl-C or SIGTERM; a second one ends muster at once, as it would without us. */
export const untilInterrupted = async <T>(
  work: (interrupted: AbortSignal) => Promise<T>,
): Promise<{ readonly result: T; readonly signal: NodeJS.Signals | null }> => {
  const controller = new AbortController();
  let signal: NodeJS.Signals | null = null;
  const listen = (name: NodeJS.Signals): void => {
    signal = name;
    controller.abort();
  };
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, listen);
  try {
    return { result: await work(controller.signal), signal };
  } finally {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.off(name, listen);
  }
};

/** A command to be typed next, about the same cluster. */
export const toClusterCommand = (context: CommandContext, words: readonly string[]): string => {
  const place = ['context', 'namespace'].flatMap((name) => {
    const value = context.args.text(name);
    return value === null ? [] : [`--${name}`, value];
  });
  return toCommandLine(context, [...words, '--on', 'kubernetes', ...place]);
};
