import { readStream } from './api.ts';
import { app, type Seen, toast } from './app.ts';
import { forgetToken } from './session.ts';
import type { Changed, ServiceSnapshot, StackAnswer, StackEvent } from './types.ts';

/** A hidden page lets go of its connections after this long, and catches up when it is looked at again. */
const patience = 30_000;
const pauses = [250, 500, 1_000, 2_000, 4_000] as const;

const toSeen = (service: ServiceSnapshot): Seen => ({ ...service, seenAt: performance.now() });

/** All of it, also what is gone: an `up` may have exchanged the services, and then the graph is another one, too. */
export const takeStack = (stack: StackAnswer): void => {
  const before = app.get();
  const isSame =
    before.order.length === stack.services.length &&
    stack.services.every(({ name, definition }) => before.services.get(name)?.definition === definition);
  app.set({
    stack,
    booting: stack.booting,
    verdict: stack.verdict,
    order: stack.services.map(({ name }) => name),
    services: new Map(stack.services.map((service) => [service.name, toSeen(service)])),
    ...(isSame ? {} : { graph: null }),
  });
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
      app.set({ boots: app.get().boots + 1 });
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

const untilVisible = (): Promise<void> =>
  new Promise((resolve) => {
    const look = (): void => {
      if (document.hidden) return;
      document.removeEventListener('visibilitychange', look);
      resolve();
    };
    document.addEventListener('visibilitychange', look);
    look();
  });

/** Hears what happens for as long as the page lives, and comes back after every loss. */
export const hearEvents = async (): Promise<void> => {
  let lastId: string | null = null;
  for (let losses = 0; ; losses += 1) {
    await untilVisible();
    const connection = new AbortController();
    const stopWatching = whenHidden(() => connection.abort());
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
        lastId = id ?? lastId;
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
    await pause(pauses[Math.min(losses, pauses.length - 1)] ?? 4_000);
  }
};

const whenHidden = (act: () => void): (() => void) => {
  let timer = 0;
  const look = (): void => {
    clearTimeout(timer);
    if (document.hidden) timer = setTimeout(act, patience);
  };
  document.addEventListener('visibilitychange', look);
  look();
  return () => {
    clearTimeout(timer);
    document.removeEventListener('visibilitychange', look);
  };
};
