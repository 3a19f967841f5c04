import { readStream } from './api.ts';
import { app, type Seen, toast } from './app.ts';
import { isOlder } from './event-id.ts';
import { withoutGone } from './gone.ts';
import { untilVisible, whenHidden } from './hidden.ts';
import { forgetToken } from './session.ts';
import type { Changed, ServiceSnapshot, StackAnswer, StackEvent } from './types.ts';

const mostEmpty = 2;
const pauses = [250, 500, 1_000, 2_000, 4_000] as const;

const toSeen = (service: ServiceSnapshot): Seen => ({ ...service, seenAt: performance.now() });

/** All of them, also what is gone: an `up` may have exchanged the services, and then the graph is another one, too. */
const takeServices = (services: readonly ServiceSnapshot[]): void => {
  const before = app.get();
  const isSame =
    before.order.length === services.length &&
    services.every(({ name, definition }) => before.services.get(name)?.definition === definition);
  const order = services.map(({ name }) => name);
  app.set({
    order,
    services: new Map(services.map((service) => [service.name, toSeen(service)])),
    ...(isSame ? {} : { graph: null, ...withoutGone(before, new Set(order)) }),
  });
};

const takeStack = (stack: StackAnswer): void => {
  const { booting, stopping, verdict } = stack;
  app.set({ stack, isStackDue: false, booting, stopping, verdict });
  takeServices(stack.services);
};

/** An answer to a question. False: events that were heard meanwhile are newer, so it was not taken. */
export const takeAnswer = (stack: StackAnswer): boolean => {
  if (isOlder(stack.lastEventId, app.get().heard)) return false;
  takeStack(stack);
  return true;
};

const takeChange = ({ service, verdict }: Changed): void => {
  const { services, order } = app.get();
  const before = services.get(service.name);
  app.set({
    services: new Map(services).set(service.name, toSeen(service)),
    order: before === undefined ? [...order, service.name] : order,
    verdict,
  });
  if (service.state === 'failed' && before?.state !== 'failed') toast(`${service.name} failed: ${service.reason ?? ''}`, 'bad');
};

const take = ({ type, data }: StackEvent): void => {
  switch (type) {
    case 'stack':
      takeStack(data);
      app.set({ phase: { kind: 'live' } });
      return;
    case 'changed':
      takeChange(data);
      return;
    case 'noticed':
      toast(data.text);
      return;
    case 'applied':
      takeServices(data.services);
      app.set({ boots: app.get().boots + 1, isStackDue: true });
      return;
    case 'booted':
      app.set({ booting: false, boots: app.get().boots + 1 });
      return;
    case 'failed':
      return;
    case 'stopping':
      app.set({ stopping: true });
      return;
    case 'ended':
      app.set({ phase: { kind: 'ended' }, survivors: data.result?.survivors ?? [] });
  }
};

const types: ReadonlySet<string> = new Set(['stack', 'changed', 'noticed', 'applied', 'booted', 'failed', 'stopping', 'ended']);

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Hears what happens for as long as the page lives, and comes back after every loss. */
export const hearEvents = async (): Promise<void> => {
  let lastId: string | null = null;
  /** Connections in a row that brought nothing. */
  let empty = 0;
  for (let losses = 0; ; losses += 1) {
    await untilVisible();
    const connection = new AbortController();
    const stopWatching = whenHidden(() => connection.abort());
    let isEmpty = true;
    const end = await readStream({
      path: 'events',
      signal: connection.signal,
      lastId,
      // Where nothing was missed, nothing may be told for long.
      onOpen: () => {
        losses = 0;
        if (app.get().phase.kind === 'lost') app.set({ phase: { kind: 'live' } });
      },
      onEvent: (type, data, id) => {
        isEmpty = false;
        lastId = id ?? lastId;
        app.set({ heard: lastId });
        if (types.has(type)) take({ type, data } as StackEvent);
      },
    });
    stopWatching();
    if (app.get().phase.kind === 'ended') return;
    if (end === 'unauthorized') {
      forgetToken();
      app.set({ phase: { kind: 'locked', problem: null } });
      return;
    }
    if (connection.signal.aborted) continue;
    app.set({ phase: { kind: 'lost' } });
    empty = isEmpty ? empty + 1 : 0;
    // Going on from there does not get anywhere: it begins anew.
    if (empty >= mostEmpty) lastId = null;
    await pause(pauses[Math.min(losses, pauses.length - 1)] ?? 4_000);
  }
};
