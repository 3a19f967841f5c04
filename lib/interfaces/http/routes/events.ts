import { settledVerdict } from '../../../domain/outcome.ts';
import type { EventHub, Numbered } from '../event-hub.ts';
import type { Route } from '../route.ts';
import type { HttpSources } from '../sources.ts';
import { toStackData } from './stack.ts';

/** Events that stand in line for a client that catches up; the hub remembers no more than half of that. */
const longestLine = 8_000;

/** What happens, while it happens. */
export const eventRoutes: readonly Route[] = [
  {
    operation: 'events',
    method: 'GET',
    path: '/api/v1/events',
    summary: 'What happens to the stack, as server-sent events',
    description:
      'First `stack` (as GET /api/v1/stack), then `changed` (with the `verdict` of the stack, as there), `noticed`, `applied`, `booted`, `failed`, `stopping` and `ended`. With Last-Event-ID it goes on after that event instead; when that is too long ago, it begins anew.',
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
          for await (const event of sources.control.events(stream.signal, { fromStart: true })) {
            stream.send(event.type, event);
            await stream.taken();
          }
          return;
        }
        const send = ({ id, event }: Numbered): void =>
          stream.send(event.type, event.type === 'changed' ? { ...event, verdict: verdictNow(sources, hub) } : event, id);
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
        try {
          stream.signal.addEventListener('abort', end, { once: true });
          if (stream.signal.aborted) end();
          if (missed === null) {
            const id = hub.lastId();
            stream.send('stack', await toStackData(sources, id), id);
          } else waiting.unshift(...missed);
          await stream.taken();
          for (let numbered = waiting.shift(); numbered !== undefined; numbered = waiting.shift()) {
            send(numbered);
            await stream.taken();
            // It hears less than happens: it comes back for the rest.
            if (waiting.length > longestLine) return;
          }
          isReady = true;
          await ended;
        } finally {
          leave();
        }
      },
    }),
  },
];

type Known = { readonly id: string; readonly verdict: ReturnType<typeof settledVerdict> };

const known = new WeakMap<EventHub, Known>();

/** All of the stack is looked at for it, so only once for each event, whoever hears it, and however many were missed. */
const verdictNow = (sources: HttpSources, hub: EventHub): Known['verdict'] => {
  const id = hub.lastId();
  const before = known.get(hub);
  if (before?.id === id) return before.verdict;
  const verdict = settledVerdict(sources.outcome());
  known.set(hub, { id, verdict });
  return verdict;
};
