import type { Numbered } from '../event-hub.ts';
import type { Route } from '../route.ts';
import { toStackData } from './stack.ts';

/** What happens, while it happens. */
export const eventRoutes: readonly Route[] = [
  {
    operation: 'events',
    method: 'GET',
    path: '/api/v1/events',
    summary: 'What happens to the stack, as server-sent events',
    description:
      'First `stack` (as GET /api/v1/stack), then `changed`, `noticed`, `applied`, `booted`, `failed`, `stopping` and `ended`. With Last-Event-ID it goes on after that event instead; when that is too long ago, it begins anew.',
    query: {
      fromStart: {
        type: 'boolean',
        description:
          'Instead of `stack`: what has happened in the first boot so far, and when it is over, what was said in it and what came of it. These events have no id',
      },
    },
    answers: 'events',
    run: async ({ lastEventId, query }, { sources, hub }) => ({
      kind: 'stream',
      run: async (stream) => {
        if (query.boolean('fromStart')) {
          for await (const event of sources.control.events(stream.signal, { fromStart: true })) stream.send(event.type, event);
          return;
        }
        const send = ({ id, event }: Numbered): void => stream.send(event.type, event, id);
        const missed = lastEventId === null ? null : hub.since(lastEventId);
        const waiting: Numbered[] = [];
        let isReady = false;
        let end: () => void = () => undefined;
        const ended = new Promise<void>((resolve) => {
          end = resolve;
        });
        const leave = hub.listen((numbered) => {
          if (isReady) send(numbered);
          else waiting.push(numbered);
        }, end);
        stream.signal.addEventListener('abort', end, { once: true });
        if (stream.signal.aborted) end();
        if (missed === null) {
          const id = hub.lastId();
          stream.send('stack', await toStackData(sources, id), id);
        } else for (const numbered of missed) send(numbered);
        for (const numbered of waiting) send(numbered);
        isReady = true;
        await ended;
        leave();
      },
    }),
  },
];
