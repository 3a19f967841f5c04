import { metricsType, renderMetrics } from '../metrics.ts';
import { json, type Route } from '../route.ts';

/** For machines that look at the whole from outside. */
export const aboutRoutes = (describe: () => unknown): readonly Route[] => [
  {
    operation: 'description',
    method: 'GET',
    path: '/api/v1/openapi.json',
    summary: 'This description',
    answers: 'OpenApi',
    run: async () => json(describe()),
  },
  {
    operation: 'metrics',
    method: 'GET',
    path: '/metrics',
    summary: 'State, restarts, health, boot durations, CPU and memory, in the text format of Prometheus',
    answers: 'text',
    run: async (_request, { sources }) => {
      const { control, history, version } = sources;
      const [snapshot, usage] = await Promise.all([control.snapshot(), control.usage()]);
      return { kind: 'text', type: metricsType, text: renderMetrics({ snapshot, usage, history: history(), version }) };
    },
  },
];
