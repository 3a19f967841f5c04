import { toServiceData } from '../../cli/render/status.ts';
import type { ActionResult, Refusal } from '../../control.ts';
import type { HttpProblem } from '../problem.ts';
import { type Answer, json, problem, type Route, type Values } from '../route.ts';
import type { HttpSources } from '../sources.ts';
import { unknownService } from './find-service.ts';

const words = ['start', 'stop', 'restart'] as const;
type Word = (typeof words)[number];

const choices = {
  withDependents: { type: 'boolean', description: 'stop: also those that need it, and these first' },
  force: { type: 'boolean', description: 'stop: only it, though others need it' },
} as const;

const summaries: Readonly<Record<Word, string>> = {
  start: 'Start a service with what it needs; one that has failed gets all its tries again',
  stop: 'Stop a service; refused while others need it',
  restart: 'Restart a service, with those that ask to be restarted along',
};

/** What changes something. Each answers when what was asked for has settled. */
export const actionRoutes: readonly Route[] = [
  ...words.map(
    (word): Route => ({
      method: 'POST',
      path: `/api/v1/services/{name}/${word}`,
      summary: summaries[word],
      parameter: { description: 'Name of the service; of one with replicas, all of them' },
      ...(word === 'stop'
        ? { description: '409 `needed` lists those that need it, unless `withDependents` or `force` is given.', body: choices }
        : {}),
      answers: 'Done',
      problems: word === 'stop' ? [404, 409] : [404],
      run: async ({ parameter, body }, { sources }) => act({ word, names: [parameter], body, sources }),
    }),
  ),
  ...words.map(
    (word): Route => ({
      method: 'POST',
      path: `/api/v1/stack/${word}`,
      summary: `${word[0]?.toUpperCase()}${word.slice(1)} several services, or all of the stack`,
      body: {
        services: { type: 'names', description: 'Only these; all when it is empty or missing' },
        ...(word === 'stop' ? choices : {}),
      },
      answers: 'Done',
      problems: word === 'stop' ? [404, 409] : [404],
      run: async ({ body }, { sources }) => act({ word, names: body.names('services'), body, sources }),
    }),
  ),
  {
    method: 'POST',
    path: '/api/v1/stack/down',
    summary: 'Stop everything in reverse order, and end the supervisor',
    description: 'The answer is the last thing that it says; `survivors` is what could not be ended.',
    answers: 'Down',
    run: async (_request, { sources }) => json(await sources.control.down()),
  },
];

type Act = { readonly word: Word; readonly names: readonly string[]; readonly body: Values; readonly sources: HttpSources };

const act = async ({ word, names, body, sources: { control } }: Act): Promise<Answer> => {
  const choice = body.boolean('force') ? 'force' : body.boolean('withDependents') ? 'with-dependents' : 'refuse';
  const result =
    word === 'stop'
      ? await control.stop(names, choice)
      : word === 'start'
        ? await control.start(names)
        : await control.restart(names);
  return toAnswer(result);
};

const toAnswer = (result: ActionResult): Answer => {
  if (!result.ok) return problem(toProblem(result.refusal));
  const { names, snapshot } = result;
  return json({ names, services: snapshot.services.filter(({ name }) => names.includes(name)).map(toServiceData) });
};

const toProblem = (refusal: Refusal): HttpProblem => {
  switch (refusal.kind) {
    case 'unknown-service':
      return unknownService(refusal.name, refusal.suggestion);
    case 'needed': {
      const names = refusal.neededBy.map(({ name }) => name);
      return {
        status: 409,
        code: 'needed',
        message: `${names.join(', ')} ${names.length === 1 ? 'needs' : 'need'} it`,
        hint: 'send "withDependents": true to stop these first, or "force": true to stop only it',
        details: { neededBy: refusal.neededBy },
      };
    }
    case 'stopping':
      return { status: 409, code: 'stopping', message: 'the whole stack is going down', hint: null };
    case 'unreadable':
      return { status: 409, code: 'unreadable', message: refusal.reason, hint: 'muster check' };
  }
};
