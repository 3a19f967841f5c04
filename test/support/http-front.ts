import type { IncomingMessage } from 'node:http';
import type {
  ActionResult,
  ControlEvent,
  DownResult,
  Refusal,
  ServiceUsage,
  StackControl,
  Why,
} from '../../lib/interfaces/control.ts';
import { type HttpAnswer, type HttpRig, readEvents } from './http.ts';

type Problem = {
  readonly code: string;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
};

type Done = { readonly names: readonly string[]; readonly services: readonly unknown[] };

/**
 * The control of a stack as a program has it that speaks HTTP: each call is a request of its own. As these come over several
 * connections, what does something is sent when the events that were asked for beside it are there.
 */
export const toHttpFront = (rig: HttpRig): StackControl => {
  const opening: Promise<unknown>[] = [];

  const ask = async (method: string, path: string, body?: unknown): Promise<HttpAnswer> => {
    await new Promise(setImmediate);
    await Promise.all(opening.splice(0));
    return rig.ask(method, `/api/v1/${path}`, body);
  };
  const get = async <Data>(path: string): Promise<Data | Problem> => read<Data>(await ask('GET', path));
  const post = async <Data>(path: string, body: unknown = {}): Promise<Data | Problem> =>
    read<Data>(await ask('POST', path, body));

  const act = async (path: string, body: unknown): Promise<ActionResult> => {
    const done = await post<Done>(path, body);
    if (isProblem(done)) return { ok: false, refusal: toRefusal(done) };
    return { ok: true, names: done.names, snapshot: { services: done.services } as never };
  };

  const events = async function* (
    opened: Promise<IncomingMessage | null>,
    signal: AbortSignal,
  ): AsyncGenerator<ControlEvent, void, undefined> {
    try {
      const response = await opened;
      if (response === null) return;
      for await (const { event, data } of readEvents(response)) if (event !== 'stack') yield data as ControlEvent;
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  };

  return {
    snapshot: async () => sure(await get('stack')),
    start: (services) => act('stack/start', { services }),
    restart: (services) => act('stack/restart', { services }),
    stop: (services, choice) =>
      act('stack/stop', { services, withDependents: choice === 'with-dependents', force: choice === 'force' }),
    apply: ({ only: services, environment, ...request }) =>
      act('stack/apply', { ...request, services, ...(environment === null ? {} : { environment }) }),
    preview: async () => sure(await post('stack/preview')),
    down: async () => sure(await post<DownResult>('stack/down')),
    hurry: async (level) => void sure(await post('stack/hurry', { level })),
    why: async (name) => {
      const why = await get<Why>(`services/${name}/why`);
      return isProblem(why) ? toRefusal(why) : why;
    },
    boot: async () => sure(await get<{ readonly report: never }>('boot/report')).report,
    agree: async (holders) => void sure(await post('ports/agree', { holders })),
    usage: async () => sure(await get<{ readonly services: readonly ServiceUsage[] }>('usage')).services,
    dashboard: async ({ expose }) => {
      const opened = await post<{ readonly origin: string; readonly code: string }>('dashboard', { expose });
      return isProblem(opened) ? { ok: false, reason: opened.message } : { ok: true, ...opened };
    },
    events: (signal, { fromStart = false } = {}) => {
      if (signal.aborted) return events(Promise.resolve(null), signal);
      const opened = rig.stream(`/api/v1/events?fromStart=${fromStart}`, signal);
      opening.push(opened.catch(() => undefined));
      return events(opened, signal);
    },
  };
};

const read = <Data>({ status, body }: HttpAnswer): Data | Problem => {
  const data = JSON.parse(body) as Data & { readonly error: Problem };
  return status === 200 ? data : data.error;
};

const isProblem = (value: unknown): value is Problem =>
  typeof value === 'object' && value !== null && 'code' in value && 'hint' in value;

const sure = <Data>(value: Data | Problem): Data => {
  if (isProblem(value)) throw new Error(`${value.code}: ${value.message}`);
  return value;
};

const toRefusal = ({ code, message, details }: Problem): Refusal => {
  switch (code) {
    case 'unknown-service':
    case 'needed':
    case 'stopping':
      return { kind: code, ...details } as Refusal;
    case 'unreadable':
      return { kind: code, reason: message };
    default:
      throw new Error(`${code}: ${message}`);
  }
};
