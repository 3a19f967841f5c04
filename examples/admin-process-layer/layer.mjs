// @ts-check
// The process layer of an admin dashboard: everything that the dashboard may ask of its processes, as plain functions over
// muster's library. No command line and no browser takes part; the dashboard on top of it is in admin.mjs.
import { createStack } from 'muster';

const node = process.execPath;
const program = (/** @type {string} */ name) => new URL(`programs/${name}`, import.meta.url).pathname;

/** @param {{ folder: string, variables?: Readonly<Record<string, string | undefined>> }} options */
export const createProcessLayer = ({ folder, variables = process.env }) => {
  const stack = createStack({ name: 'admin', cwd: folder, variables, shutdown_deadline: '10s' })
    .defineService('store', { command: [node, program('store.mjs')], port: 'auto' })
    .defineService('api', {
      command: [node, program('api.mjs')],
      port: 'auto',
      health_url: '${api.url}/health',
      depends_on: ['store'],
      env: { STORE: '${store.url}' },
      restart: { policy: 'on-failure', delay: '100ms', max: 5, window: '60s' },
    })
    .defineService('worker', { command: [node, program('worker.mjs')], depends_on: ['api'], ready: { log: '^working' } });

  /** What the dashboard shows beside the table: the newest first. */
  const news = /** @type {string[]} */ ([]);
  const note = (/** @type {string} */ text) => void news.unshift(text);
  stack.on('serviceReady', ({ service, took }) => note(`${service} is ready after ${Math.round(took)} ms`));
  stack.on('serviceDied', ({ service, reason }) => note(`${service} died: ${reason}`));
  stack.on('healthChanged', ({ service, healthy, reason }) => note(`${service} is ${healthy ? 'well' : `ill: ${reason}`}`));
  stack.on('portConflict', ({ reason }) => note(reason));
  stack.on('orphanFound', ({ service, pid }) => note(`pid ${pid} is left over from ${service}`));
  stack.on('orphanKilled', ({ pid }) => note(`pid ${pid} is gone`));
  stack.on('stateWarning', ({ message }) => note(message));

  /** What came of it, as a page shows it. @param {import('muster').Result} result */
  const told = (result) => (result.ok ? { ok: true } : { ok: false, problem: result.error.message });

  return {
    stack,
    news: () => news.slice(0, 100),
    /** Ends what nobody supervises any more, then boots. */
    open: async () => {
      const swept = await stack.orphans.end();
      if (!swept.ok) return told(swept);
      return told(await stack.start());
    },
    rows: async () => {
      const looked = await stack.status();
      if (!looked.ok) return [];
      return looked.snapshot.services.map(({ name, state, pid, url, restarts }) => ({ name, state, pid, url, restarts }));
    },
    /** @param {string} action @param {string} name */
    act: async (action, name) => {
      const names = /** @type {('store' | 'api' | 'worker')[]} */ ([name]);
      switch (action) {
        case 'start':
          return told(await stack.start(names));
        case 'stop':
          return told(await stack.stop(names, { dependents: 'with-dependents' }));
        case 'restart':
          return told(await stack.restart(names));
        default:
          return { ok: false, problem: `there is no action "${action}"` };
      }
    },
    close: () => stack.close(),
  };
};
