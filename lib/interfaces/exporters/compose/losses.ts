import { isLoopback } from '../../../domain/resolve/address.ts';
import type { Service, Stack } from '../../../domain/service.ts';
import type { LossList } from '../exporter.ts';
import { isPlainCheck, tellProbeLosses } from '../http-check.ts';
import { tellClusterLosses, tellFieldLosses, tellLogLoss } from '../stack-losses.ts';

/** What Compose does not do of a service, also where it travels along as `x-muster`. */
export const tellServiceLosses = (service: Service, { root }: Stack, losses: LossList): void => {
  const { name, host, ports, hooks, optional, dependsOn, replica } = service;
  const { lose } = losses;
  if (ports.length > 0 && isLoopback(host))
    lose(name, `that it listens on ${host}: in a container it has to listen on 0.0.0.0 to be reached`);
  if (replica !== null) lose(name, `that it is one of the replicas of "${replica.of}": it is a service of its own there`);
  if (optional) lose(name, 'that it is optional');
  if (Object.keys(hooks).length > 0) lose(name, 'its hooks');
  tellCheckLosses(service, losses);
  tellRestartLosses(service, losses);
  const fields = ['label', 'startupDelay', 'waitBeforeStart', 'portConflict', 'watch', 'inputs', 'clean', 'stopCommand'] as const;
  tellFieldLosses(service, fields, losses);
  tellLogLoss(service, root, losses);
  tellClusterLosses(service, ['image', 'build'], losses);
  for (const edge of dependsOn) {
    if (edge.waitUpTo !== null) lose(name, `"wait_up_to" of its dependency on ${edge.on}`);
    if (edge.onLoss !== 'ignore') lose(name, `"on_loss" of its dependency on ${edge.on}`);
  }
};

const tellCheckLosses = (service: Service, losses: LossList): void => {
  const { name, ready, health } = service;
  const { lose } = losses;
  if (ready !== null && health === null) lose(name, `that it is ready by ${ready.check.kind}: Compose knows only healthchecks`);
  if (health === null) {
    tellFieldLosses(service, ['healthTimeout'], losses);
    return;
  }
  if (ready !== null && JSON.stringify(ready) !== JSON.stringify(health))
    lose(name, `that it is ready by ${ready.check.kind}, not by its health: Compose has one check for both`);
  tellProbeLosses(name, health, losses);
  if (health.check.kind !== 'http') return;
  if (isPlainCheck(health.check)) lose(name, 'that a redirect is not healthy: wget goes on to where it leads');
  else lose(name, 'that nothing has to be in its image for its check: only curl has such a method, and tells a status');
};

const tellRestartLosses = ({ name, restart }: Service, { lose }: LossList): void => {
  if (restart.neverOn.length > 0) lose(name, '"never_on" of its restart policy');
  if (restart.onUnhealthy) lose(name, '"on_unhealthy" of its restart policy: Compose never restarts what is unhealthy');
  if (restart.policy === 'no' || (restart.policy === 'on-failure' && restart.max === 0)) return;
  lose(name, '"delay", "max_delay", "factor" and "window" of its restarts: Docker has a back-off of its own');
  if (restart.policy === 'always') lose(name, '"max" of its restarts: Docker does not give up');
};
