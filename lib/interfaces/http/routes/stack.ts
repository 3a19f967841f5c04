import type { Command, Text } from '../../../domain/service.ts';
import { toServiceData, toStatusData } from '../../control/status-data.ts';
import { quoteWord } from '../../exporters/shell.ts';
import { json, problem, type Route } from '../route.ts';
import type { HttpSources } from '../sources.ts';
import { findService, isProblem, unknownService } from './find-service.ts';

/** The stack and its services as they are at this moment. */
export const stackRoutes: readonly Route[] = [
  {
    operation: 'snapshot',
    method: 'GET',
    path: '/api/v1/stack',
    summary: 'The whole stack: how it is, and every service in topological order',
    description: '`lastEventId` may be sent as Last-Event-ID to /api/v1/events, to hear what has happened since.',
    answers: 'Stack',
    run: async (_request, { sources, hub }) => json(await toStackData(sources, hub.lastId())),
  },
  {
    operation: 'services',
    method: 'GET',
    path: '/api/v1/services',
    summary: 'Every service as it is, in topological order',
    answers: 'Services',
    run: async (_request, { sources }) => {
      const { services } = await sources.control.snapshot();
      return json({ services: services.map(toServiceData) });
    },
  },
  {
    operation: 'service',
    method: 'GET',
    path: '/api/v1/services/{name}',
    summary: 'One service: how it is, what it needs, who needs it, and how it is run',
    description: 'Of its environment variables there are only the names; no value ever leaves the supervisor.',
    parameter: { description: 'Name of the service; of one with replicas, that of one of them' },
    answers: 'ServiceDetails',
    problems: [404],
    run: async ({ parameter }, { sources }) => {
      const found = findService(await sources.control.snapshot(), parameter);
      return isProblem(found) ? problem(found) : json({ ...toServiceData(found), ...toDefinition(sources, parameter) });
    },
  },
  {
    operation: 'why',
    method: 'GET',
    path: '/api/v1/services/{name}/why',
    summary: 'Why a service is in its state: the chain of causes, the root last',
    parameter: { description: 'Name of the service; of one with replicas, all of them' },
    answers: 'Why',
    problems: [404],
    run: async ({ parameter }, { sources }) => {
      const why = await sources.control.why(parameter);
      if (!('kind' in why)) return json(why);
      return problem(unknownService(parameter, why.kind === 'unknown-service' ? why.suggestion : null));
    },
  },
  {
    operation: 'usage',
    method: 'GET',
    path: '/api/v1/usage',
    summary: 'CPU and memory of the whole process tree of each service that runs',
    description: 'Percent of one core since the reading before (null at the first one), and bytes.',
    answers: 'Usage',
    run: async (_request, { sources }) => json({ services: await sources.control.usage() }),
  },
];

export const toStackData = async (
  { control, version, stack }: HttpSources,
  lastEventId: string,
): Promise<Readonly<Record<string, unknown>>> => {
  const snapshot = await control.snapshot();
  const { running: _running, ...data } = toStatusData(snapshot);
  const { booting = false, stopping = false } = snapshot;
  return { ...data, booting, stopping, file: stack().file, version, pid: process.pid, lastEventId };
};

const toDefinition = ({ stack, graph }: HttpSources, name: string): Readonly<Record<string, unknown>> => {
  const service = stack().services.get(name);
  if (service === undefined) return { command: '', cwd: '', dependsOn: [], dependents: [], env: [] };
  return {
    command: tellCommand(service.command),
    cwd: service.cwd,
    dependsOn: service.dependsOn.map(({ on, condition, required }) => ({ on, condition, required })),
    dependents: graph().dependentsOf(name),
    env: Object.entries(service.env).map(([variable, value]) => ({ name: variable, set: value !== '' })),
  };
};

const tellCommand = (command: Command): string =>
  command.kind === 'shell'
    ? tellText(command.line)
    : [command.program, ...command.args].map((word) => quoteWord(tellText(word))).join(' ');

/** As it stands in the file: addresses are only known on each run. */
const tellText = (text: Text): string =>
  typeof text === 'string'
    ? text
    : text.map((part) => (typeof part === 'string' ? part : `\${${part.service}.${part.what}}`)).join('');
