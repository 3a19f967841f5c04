// What a program that uses muster may write, and what its compiler refuses. Checked against the declarations that are built.
import { createStack, fromFile, type ServiceDefinition, type Stack, type StackEvent, type StackEventOf } from 'muster';

const shop = createStack({ name: 'shop', cwd: '.', shutdown_deadline: '5s', 'x-note': 'free' })
  .defineService('db', { command: 'node db.mjs', port: 5432 })
  .defineService('api', { command: ['node', 'api.mjs'], depends_on: ['db'], restart: { policy: 'always', max: 3 } })
  .defineService('web', { command: 'node web.mjs', depends_on: { api: { condition: 'healthy', on_loss: 'restart' }, db: null } });

const same: Stack<'db' | 'api' | 'web'> = shop;
export const anyStack: Stack = shop;
void same.start(['web', 'api-2'], { rollback: true });

// @ts-expect-error: nobody of that name was defined before
createStack({}).defineService('a', { command: 'x', depends_on: ['b'] });
// @ts-expect-error: the first service can depend on nobody
createStack({}).defineService('a', { command: 'x', depends_on: 'b' });
// @ts-expect-error: nor by a map
shop.defineService('late', { command: 'x', depends_on: { bd: {} } });
// @ts-expect-error: there is no such field
shop.defineService('late', { comand: 'x' });
// @ts-expect-error: there is no such field of the stack
createStack({ nam: 'x' });
// @ts-expect-error: there is no such service
void shop.restart(['dbb']);
// @ts-expect-error: a condition is one of three
shop.defineService('late', { command: 'x', depends_on: { db: { condition: 'ready' } } });

shop.on('serviceReady', ({ service, pid, took, url }) => [service.length, pid + took, url?.length]);
shop.once('healthChanged', ({ healthy }) => !healthy);
shop.on('*', (event) => event.type);
// @ts-expect-error: there is no such event
shop.on('serviceRedy', () => undefined);
// @ts-expect-error: a field of another event
shop.on('serviceReady', ({ healthy }) => void healthy);

export const use = async (): Promise<string> => {
  for await (const event of shop.events()) {
    if (event.type === 'serviceExited') return `${event.service} ${event.code ?? event.signal}`;
    // @ts-expect-error: not every event is one of a service
    void event.service;
  }
  const started = await shop.start();
  if (started.ok) return started.snapshot.name;
  // @ts-expect-error: what went wrong is only there where something did
  void started.snapshot;
  const { error } = started;
  return error.kind === 'invalid' ? (error.diagnostics[0]?.hint ?? '') : error.message;
};

/** Every event can be told apart by its type. */
export const tell = (event: StackEvent): string => (event.type === 'stackStopped' ? String(event.took) : event.type);
export const died = ({ reason, beforeReady }: StackEventOf<'serviceDied'>): string => (beforeReady ? reason : '');
export const definition: ServiceDefinition<'db'> = { command: 'x', depends_on: 'db' };
// From a file any name is a name.
void createStack(fromFile('services.yaml')).start(['whatever']);
