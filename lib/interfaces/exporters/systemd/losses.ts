import { defaults } from '../../../domain/defaults.ts';
import type { Dependency, Hook, HookName, Service, Stack } from '../../../domain/service.ts';
import { formatDuration } from '../../../util/duration.ts';
import type { LossList } from '../exporter.ts';
import { tellProbeLosses } from '../http-check.ts';
import { tellClusterLosses, tellFieldLosses, tellLogLoss } from '../stack-losses.ts';

/** What a unit of systemd cannot say of a service. */
export const tellLosses = (service: Service, { root, services }: Stack, losses: LossList): void => {
  const { name, ready, health, optional, dependsOn } = service;
  const { lose } = losses;
  if (ready?.check.kind === 'log' || ready?.check.kind === 'notify')
    lose(name, `that it is ready by ${ready.check.kind}: it counts as started when its program runs`);
  else if (ready !== null) tellProbeLosses(name, ready, losses);
  if (health !== null) lose(name, 'its health after the start: systemd does not ask again');
  if (optional) lose(name, 'that it is optional: those that need it only want it');
  tellRestartLosses(service, losses);
  tellHookLosses(service, losses);
  tellFieldLosses(service, ['startupDelay', 'portConflict', 'watch', 'inputs', 'clean'], losses);
  tellLogLoss(service, root, losses);
  tellClusterLosses(service, [], losses);
  for (const edge of dependsOn) tellEdgeLosses(name, edge, services.get(edge.on), losses);
};

/** systemd knows steps up to a longest delay from version 254 on only, and others take them for mistakes. */
const tellRestartLosses = ({ name, restart }: Service, { lose }: LossList): void => {
  const { policy, delay, maxDelay, factor, onUnhealthy } = restart;
  if (policy !== 'no' && factor !== 1 && maxDelay > delay)
    lose(name, `"factor" and "max_delay" of its restarts: each comes after ${formatDuration(delay)}`);
  if (onUnhealthy) lose(name, '"on_unhealthy" of its restart policy');
};

const tellHookLosses = ({ name, hooks, stop }: Service, { lose }: LossList): void => {
  const tell = (hook: HookName, how: string): void => lose(name, `"timeout" of its hook ${hook}: ${how}`);
  for (const [hook, { timeout }] of Object.entries(hooks) as [HookName, Hook][]) {
    const isAtEnd = hook === 'before_stop' || hook === 'after_stop';
    if (isAtEnd && stop.timeout !== 0 && stop.timeout !== timeout)
      tell(hook, `it has that of its stop, ${formatDuration(stop.timeout)}`);
    if (!isAtEnd && timeout !== defaults.hookTimeout) tell(hook, 'it has what the start has');
  }
};

const tellEdgeLosses = (name: string, edge: Dependency, target: Service | undefined, { lose }: LossList): void => {
  if (edge.waitUpTo !== null) lose(name, `"wait_up_to" of its dependency on ${edge.on}`);
  if (edge.onLoss !== 'ignore') lose(name, `"on_loss" of its dependency on ${edge.on}`);
  if (edge.restart && !edge.required) lose(name, `"restart" of its dependency on ${edge.on}`);
  if (edge.condition === 'started' && target !== undefined && target.ready !== null)
    lose(name, `that it only waits until ${edge.on} runs: there it waits until that is ready`);
};
