import { toPlan } from '../../../domain/plan.ts';
import { json, type Route } from '../route.ts';

/** Who needs whom, and when everything is expected to be ready. */
export const planRoutes: readonly Route[] = [
  {
    operation: 'graph',
    method: 'GET',
    path: '/api/v1/graph',
    summary: 'Who needs whom',
    description: '`depth` is the longest way down to a service that needs nobody. An edge leads to who waits.',
    answers: 'Graph',
    run: async (_request, { sources }) => {
      const [stack, graph] = [sources.stack(), sources.graph()];
      const services = graph.order.flatMap((name) => {
        const service = stack.services.get(name);
        if (service === undefined) return [];
        const { label, type, optional } = service;
        return [{ name, label, type, optional, depth: graph.depthOf(name), dependents: graph.dependentsOf(name) }];
      });
      const edges = graph.order.flatMap((to) =>
        graph.dependenciesOf(to).map(({ on, condition, required, onLoss, restart }) => ({
          from: on,
          to,
          condition,
          required: required && stack.services.get(on)?.optional !== true,
          onLoss,
          restart,
        })),
      );
      return json({ services, edges });
    },
  },
  {
    operation: 'plan',
    method: 'GET',
    path: '/api/v1/plan',
    summary: 'What a boot would take, by the times of those that are remembered',
    description: 'Milliseconds since the boot begins; null where nothing is remembered.',
    answers: 'Plan',
    run: async (_request, { sources }) => {
      const plan = toPlan(sources.stack(), sources.graph(), sources.history(), { machine: sources.machine });
      const isKnown = plan.memory !== 'none';
      const ms = (value: number | null): number | null =>
        isKnown && value !== null && Number.isFinite(value) ? Math.round(value) : null;
      return json({
        environment: plan.environment,
        maxParallel: plan.maxParallel,
        memory: plan.memory,
        total: ms(plan.total),
        critical: isKnown ? plan.critical : [],
        services: [...plan.services.values()].map(({ name, depth, releasedBy, expected, start, ready, slack, critical }) => ({
          name,
          depth,
          releasedBy: isKnown ? releasedBy : null,
          expected: ms(expected),
          start: ms(start),
          ready: ms(ready),
          slack: ms(slack),
          critical: isKnown && critical,
        })),
      });
    },
  },
];
