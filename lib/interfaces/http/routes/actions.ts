import { type Answer, json, type Route, type Values } from '../route.ts';
import type { HttpSources } from '../sources.ts';
import { toAnswer } from './done.ts';

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
      operation: word,
      method: 'POST',
      path: `/api/v1/services/{name}/${word}`,
      summary: summaries[word],
      parameter: { description: 'Name of the service; of one with replicas, all of them' },
      ...(word === 'stop'
        ? { description: '409 `needed` lists those that need it, unless `withDependents` or `force` is given.', body: choices }
        : {}),
      answers: 'Done',
      problems: [404, 409],
      run: async ({ parameter, body }, { sources }) => act({ word, names: [parameter], body, sources }),
    }),
  ),
  ...words.map(
    (word): Route => ({
      operation: word,
      method: 'POST',
      path: `/api/v1/stack/${word}`,
      summary: `${word[0]?.toUpperCase()}${word.slice(1)} several services, or all of the stack`,
      body: {
        services: { type: 'names', description: 'Only these; all when it is empty or missing' },
        ...(word === 'stop' ? choices : {}),
      },
      answers: 'Done',
      problems: [404, 409],
      run: async ({ body }, { sources }) => act({ word, names: body.names('services'), body, sources }),
    }),
  ),
  {
    operation: 'down',
    method: 'POST',
    path: '/api/v1/stack/down',
    summary: 'Stop everything in reverse order, and end the supervisor',
    description: 'The answer is the last thing that it says; `survivors` is what could not be ended.',
    answers: 'Down',
    run: async (_request, { sources }) => json(await sources.control.down()),
  },
  {
    operation: 'hurry',
    method: 'POST',
    path: '/api/v1/stack/hurry',
    summary: 'Hurry up a stop of everything that is under way, as Ctrl-C once or twice more does',
    description: '1 leaves everybody one second, 2 none. While nothing goes down, nothing happens.',
    body: { level: { type: 'integer', minimum: 1, maximum: 2, required: true, description: '1 or 2' } },
    answers: 'Hurried',
    run: async ({ body }, { sources }) => {
      const level = body.integer('level') === 2 ? 2 : 1;
      await sources.control.hurry(level);
      return json({ level });
    },
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
