import { createHash } from 'node:crypto';
import { fixedPorts } from '../../../domain/fixed-ports.ts';
import { findWorkload } from '../../../domain/kubernetes/text.ts';
import type { ServiceName, Stack } from '../../../domain/service.ts';
import { projectId } from '../../../runtime/identity.ts';
import type { Cluster } from '../../../runtime/kubernetes/cluster.ts';
import type { Address } from '../../../supervisor/addresses.ts';
import { type ClusterHooks, createClusterHooks } from '../../../supervisor/cluster/hooks.ts';
import { openSystem } from '../../../supervisor/system.ts';
import { fillSecretsIn } from '../../exporters/stand-ins.ts';
import type { CommandContext } from '../context.ts';
import type { Prepared } from './prepare.ts';

export type HooksRequest = {
  readonly prepared: Prepared;
  readonly cluster: Cluster;
  readonly onNotice: (text: string) => void;
};

/** The hooks of a stack, which run here; null: it has none. `close` lets go of their logs. */
export const openHooks = (
  context: CommandContext,
  { prepared, cluster, onNotice }: HooksRequest,
): (ClusterHooks & { close(): Promise<void> }) | null => {
  const { env } = context;
  const stack = withRealValues(prepared.stack, env);
  const hasAny =
    Object.keys(stack.hooks.commands).length > 0 ||
    [...stack.services.values()].some(({ hooks }) => Object.keys(hooks).length > 0);
  if (!hasAny) return null;
  const nobody = { isRunning: () => false, recorded: () => [] };
  const runtime = openSystem(nobody, (path, reason) => onNotice(`${path} is not rotated: ${reason}`));
  const hooks = createClusterHooks({
    stack,
    runtime,
    project: toProject(stack.root),
    environment: { ...env, ...toPlace(context, cluster) },
    addressOf: (name) => toAddress(name, prepared),
    onNotice,
  });
  return { ...hooks, close: () => runtime.logs.stop() };
};

/** While it was read, names stood in for the secrets of the caller. */
const withRealValues = (stack: Stack, env: CommandContext['env']): Stack => ({
  ...stack,
  hooks: fillSecretsIn(stack.hooks, env),
  services: new Map(
    [...stack.services].map(([name, service]) => [
      name,
      { ...service, env: fillSecretsIn(service.env, env), hooks: fillSecretsIn(service.hooks, env) },
    ]),
  ),
});

/** Of no project that has services on this machine: a supervisor here would take its hooks for leftovers of its own. */
const toProject = (root: string): string =>
  createHash('sha256')
    .update(`${projectId(root)} kubernetes`)
    .digest('hex')
    .slice(0, 16);

/** So that a hook can ask the same cluster: `kubectl --context "$MUSTER_CONTEXT" -n "$MUSTER_NAMESPACE" …`. */
const toPlace = ({ args }: CommandContext, { namespace, context }: Cluster): Readonly<Record<string, string>> => ({
  MUSTER_ENGINE: args.text('on') ?? '',
  MUSTER_CONTEXT: context,
  MUSTER_NAMESPACE: namespace,
});

/** As it is known in the cluster. */
const toAddress = (name: ServiceName, { objects, stack }: Prepared): Address | null => {
  const [found, service] = [findWorkload(name, objects), findWorkload(name, stack.services)];
  return found === undefined || service === undefined ? null : { host: found.objectName, ports: fixedPorts(service) };
};
