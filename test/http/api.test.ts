import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect } from 'chai';
import { operations } from '../../lib/interfaces/control/operations.ts';
import type { StackControl } from '../../lib/interfaces/control.ts';
import { toOpenApi } from '../../lib/interfaces/http/openapi.ts';
import { routes } from '../../lib/interfaces/http/registry.ts';
import { type DoorKind, type HttpRig, serveHttp } from '../support/http.ts';
import { aDependency, aService, aStack } from '../support/stacks.ts';

// web ─► api ─► db
const chain = aStack([
  aService('db', { env: { PASSWORD: 'canary-1-hidden', EMPTY: '' } }),
  aService('api', { dependsOn: [aDependency('db')] }),
  aService('web', { dependsOn: [aDependency('api')] }),
]);

type Problem = {
  readonly error: { readonly code: string; readonly message: string; readonly hint: string | null; readonly details?: unknown };
};

const ajv = new Ajv2020({ strict: false, allErrors: true });
ajv.addSchema(toOpenApi(routes), 'api');
const judge = (schema: string, data: unknown): string | null => {
  const validate = ajv.getSchema(`api#/components/schemas/${schema}`);
  if (validate === undefined) throw new Error(`no schema ${schema}`);
  return validate(data) === true ? null : ajv.errorsText(validate.errors);
};

/** What a supervisor tells when its first boot is over. */
const tellBoot = async ({ control, session }: HttpRig): Promise<void> => {
  const { outcome } = await control.snapshot();
  const run = session.history().runs.at(-1);
  if (run === undefined) throw new Error('nothing was booted');
  control.booted({ outcome, run, failures: [] });
};

/** One whose supervisor has a file to read anew, and a dashboard. */
const withAll = (own: StackControl): StackControl => ({
  ...own,
  apply: ({ only }) => own.start(only),
  preview: async () => ({ ok: true, started: [{ name: 'web', because: 'new' }], restarted: [], stopped: [], kept: ['db'] }),
  dashboard: async () => ({ ok: true, origin: 'http://127.0.0.1:4400', code: 'x' }),
});

const bodies: Readonly<Record<string, unknown>> = {
  '/api/v1/services/{name}/stop': { withDependents: true },
  '/api/v1/stack/hurry': { level: 1 },
  '/api/v1/ports/agree': { holders: [{ port: 80, process: { pid: 7, startTime: '1', bootId: 'b' } }] },
};

const fill = (path: string): string => path.replace('{name}', 'api').replace('{run}', 'last');

for (const over of ['port', 'socket'] satisfies DoorKind[]) {
  describe(`the HTTP API, over the ${over}`, () => {
    it('answers every route as its schema says', async () => {
      const rig = await serveHttp(chain, { over, control: withAll });
      await rig.boot();
      await tellBoot(rig);
      for (const { operation, method, path, answers, isOpen } of routes) {
        if (answers === 'events' || answers === 'text' || isOpen === true || operation === 'down') continue;
        const answer = await rig.move(rig.ask(method, fill(path), method === 'GET' ? undefined : (bodies[path] ?? {})));
        const isRefused = over === 'port' && operations[operation] === 'socket';
        expect(answer.status, `${method} ${path}: ${answer.body}`).to.equal(isRefused ? 403 : 200);
        expect(judge(isRefused ? 'Problem' : answers, JSON.parse(answer.body)), `${method} ${path}`).to.equal(null);
        expect(answer.headers['content-type']).to.equal('application/json; charset=utf-8');
      }
    });

    it('S-10: a token is no terminal: what decides which commands run, who is ended, who listens is only for the socket', async () => {
      const asked: string[] = [];
      const rig = await serveHttp(chain, {
        over,
        control: (own) => ({
          ...withAll(own),
          apply: async (request) => {
            asked.push(`apply ${request.file} ${Object.keys(request.variables).join()}`);
            return { ok: false, refusal: { kind: 'unreadable', reason: 'it is gone' } };
          },
          agree: async (holders) => void asked.push(`agree ${holders.length}`),
          dashboard: async ({ host }) => {
            asked.push(`dashboard ${host}`);
            return { ok: false, reason: 'no' };
          },
        }),
        sources: { variables: () => ({ HOME: '/home/ann' }) },
      });
      const said: unknown[] = [];
      for (const [path, body] of [
        ['stack/apply', {}],
        ['stack/apply', { file: '/p/services.yaml', variables: { A: '1' } }],
        ['stack/apply', { variables: { A: 1 } }],
        ['ports/agree', { holders: [{ port: 80 }] }],
        ['ports/agree', bodies['/api/v1/ports/agree']],
        ['dashboard', { host: '127.0.0.1' }],
      ] as const) {
        const { status, body: text } = await rig.ask('POST', `/api/v1/${path}`, body);
        said.push([status, (JSON.parse(text) as { error?: { code: string } }).error?.code ?? '']);
      }
      if (over === 'port') {
        expect(said).to.deep.equal(Array(6).fill([403, 'socket-only']));
        expect(asked).to.deep.equal([]);
        return;
      }
      expect(said).to.deep.equal([
        [409, 'unreadable'],
        [409, 'unreadable'],
        [400, 'bad-request'],
        [400, 'bad-request'],
        [200, ''],
        [409, 'not-opened'],
      ]);
      const own = join(chain.root, 'services.yaml');
      expect(asked).to.deep.equal([`apply ${own} HOME`, 'apply /p/services.yaml A', 'agree 1', 'dashboard 127.0.0.1']);
    });

    it('S-07: no GET changes anything, asked a hundred times', async () => {
      const rig = await serveHttp(chain, { over });
      const { ask, boot, session, runtime } = rig;
      await boot();
      await tellBoot(rig);
      const look = (): string =>
        createHash('sha256')
          .update(JSON.stringify([[...session.records], session.history(), runtime.spawned.length, runtime.signals.length]))
          .digest('hex');
      const before = look();
      for (const { method, path, answers } of routes) {
        if (method !== 'GET' || answers === 'events') continue;
        await Promise.all(Array.from({ length: 100 }, () => ask('GET', fill(path))));
      }
      expect(look()).to.equal(before);
    });

    it('shows the stack as "muster status --json" does, and one service with what it needs and who needs it', async () => {
      const { get, boot } = await serveHttp(chain, { over });
      await boot();
      const { services, settled, verdict } = await get<{
        services: { name: string; state: string }[];
        settled: boolean;
        verdict: string;
      }>('/api/v1/stack');
      expect(services.map(({ name, state }) => `${name} ${state}`)).to.deep.equal(['db ready', 'api ready', 'web ready']);
      expect({ settled, verdict }).to.deep.equal({ settled: true, verdict: 'up' });
      const api = await get('/api/v1/services/api');
      expect(api).to.deep.include({ name: 'api', state: 'ready', dependents: ['web'] });
      expect(api['dependsOn']).to.deep.equal([{ on: 'db', condition: 'healthy', required: true }]);
    });

    it('S-26: of the environment it tells names, and whether they hold anything', async () => {
      const rig = await serveHttp(chain, { over });
      const { get, ask, boot } = rig;
      await boot();
      await tellBoot(rig);
      expect((await get('/api/v1/services/db'))['env']).to.deep.equal([
        { name: 'PASSWORD', set: true },
        { name: 'EMPTY', set: false },
      ]);
      for (const { method, path, answers } of routes) {
        if (method !== 'GET' || answers === 'events') continue;
        expect((await ask('GET', fill(path))).body, path).not.to.contain('canary-1');
      }
    });

    it('S-27: a secret that a reason or a command quotes is masked, a name that is the same word is not', async () => {
      const stack = aStack([
        aService('postgres', { command: { kind: 'shell', line: 'serve --password postgres\u001b]0;title\u0007' } }),
      ]);
      const { get, boot } = await serveHttp(stack, { over, mask: (text) => text.replaceAll('postgres', '***') });
      await boot();
      expect(await get('/api/v1/services/postgres')).to.deep.include({ name: 'postgres', command: 'serve --password ***' });
    });

    it('S-27: a secret that the mistake of an edited file quotes is masked', async () => {
      const control = (own: StackControl): StackControl => ({
        ...own,
        snapshot: async () => ({
          ...(await own.snapshot()),
          edited: { added: [], problem: 'startup_delay: "hunter22" is no duration' },
        }),
      });
      const { get } = await serveHttp(chain, { over, control, mask: (text) => text.replaceAll('hunter22', '***') });
      const { edited } = await get<{ edited: unknown }>('/api/v1/stack');
      expect(edited).to.deep.equal({ added: [], problem: 'startup_delay: "***" is no duration' });
    });

    it('says of a stack that all of it goes down, also to those who come then', async () => {
      const control = (own: StackControl): StackControl => ({
        ...own,
        snapshot: async () => ({ ...(await own.snapshot()), stopping: true }),
      });
      expect(await (await serveHttp(chain, { over, control })).get('/api/v1/stack')).to.have.property('stopping', true);
      expect(await (await serveHttp(chain, { over })).get('/api/v1/stack')).to.have.property('stopping', false);
    });

    it('names the replicas of a name that is none of them', async () => {
      const replicas = [1, 2].map((index) => aService(`api-${index}`, { replica: { of: 'api', index } }));
      const { ask } = await serveHttp(aStack(replicas), { over });
      const { status, body } = await ask('GET', '/api/v1/services/api');
      expect([status, (JSON.parse(body) as Problem).error.hint]).to.deep.equal([404, 'ask for one of api-1, api-2']);
      expect((await ask('GET', '/api/v1/services/api/why')).status).to.equal(200);
    });

    it('E11: stop of what others need is refused with their names, and done when they are to stop first', async () => {
      const { ask, boot, move, states } = await serveHttp(chain, { over });
      await boot();
      const refused = await ask('POST', '/api/v1/services/db/stop', {});
      expect(refused.status).to.equal(409);
      expect((JSON.parse(refused.body) as Problem).error).to.deep.include({
        code: 'needed',
        message: 'api, web need it',
        details: {
          neededBy: [
            { name: 'api', needs: 'db' },
            { name: 'web', needs: 'api' },
          ],
        },
      });
      expect(states()).to.deep.equal(['ready', 'ready', 'ready']);
      const done = await move(ask('POST', '/api/v1/services/db/stop', { withDependents: true }));
      expect(JSON.parse(done.body)).to.have.deep.property('names', ['db', 'api', 'web']);
      expect(states()).to.deep.equal(['stopped', 'stopped', 'stopped']);
      expect((await move(ask('POST', '/api/v1/services/web/start'))).status).to.equal(200);
      expect(states()).to.deep.equal(['ready', 'ready', 'ready']);
      expect((await move(ask('POST', '/api/v1/services/db/stop', { force: true }))).status).to.equal(200);
      expect(states()).to.deep.equal(['stopped', 'ready', 'ready']);
    });

    it('says which service was meant, and which method a path takes', async () => {
      const { ask } = await serveHttp(chain, { over });
      const unknown = await ask('GET', '/api/v1/services/apj');
      expect(unknown.status).to.equal(404);
      expect((JSON.parse(unknown.body) as Problem).error.hint).to.equal('did you mean "api"?');
      expect((await ask('GET', '/api/v1/services/__proto__')).status).to.equal(404);
      const wrong = await ask('POST', '/api/v1/stack', {});
      expect([wrong.status, wrong.headers['allow']]).to.deep.equal([405, 'GET, HEAD']);
    });

    it('down stops everything and is answered', async () => {
      const { ask, boot, move, states } = await serveHttp(chain, { over });
      await boot();
      const answer = await move(ask('POST', '/api/v1/stack/down', {}));
      expect(judge('Down', JSON.parse(answer.body))).to.equal(null);
      expect(states()).to.deep.equal(['stopped', 'stopped', 'stopped']);
    });

    it('a bug in a route is answered as one, told once, and nothing else is harmed', async () => {
      const rig = await serveHttp(chain, {
        over,
        sources: {
          findMarked: async () => {
            throw new Error('broken');
          },
        },
      });
      const answer = await rig.ask('GET', '/api/v1/orphans');
      expect([answer.status, (JSON.parse(answer.body) as Problem).error.code]).to.deep.equal([500, 'internal']);
      expect(rig.problems).to.have.lengthOf(1);
      expect((await rig.ask('GET', '/api/v1/stack')).status).to.equal(200);
    });

    it('says who listens on the ports: the service, another one, a stranger, nobody', async () => {
      const holder = { address: '127.0.0.1', uid: 1, user: 'me', since: 5, command: 'node x' };
      const identity = { pid: 7, startTime: '1', bootId: 'b' };
      const stack = aStack(
        ['a', 'b', 'c', 'd', 'e'].map((name, index) => aService(name, { ports: [{ name: null, wanted: 3000 + index }] })),
      );
      const { get } = await serveHttp(stack, {
        over,
        sources: {
          findHolders: async () => [
            { ...holder, port: 3000, process: identity, marker: { project: 'test', service: 'a', attempt: 1 } },
            { ...holder, port: 3001, process: identity, marker: { project: 'test', service: 'a', attempt: 1 } },
            { ...holder, port: 3002, process: identity, marker: { project: 'other', service: 'a', attempt: 1 } },
            { ...holder, port: 3003, process: null, marker: null },
          ],
        },
      });
      const { ports } = await get<{ ports: { service: string; owner: string; holders: { pid: number | null }[] }[] }>(
        '/api/v1/ports',
      );
      expect(ports.map(({ service, owner }) => `${service} ${owner}`)).to.deep.equal([
        'a service',
        'b stack',
        'c other-stack',
        'd stranger',
        'e nobody',
      ]);
      expect(judge('Ports', { ports })).to.equal(null);
    });

    it('names processes that nobody supervises', async () => {
      const { get, boot } = await serveHttp(chain, {
        over,
        sources: {
          findMarked: async () => [
            {
              identity: { pid: 4_711, startTime: '1', bootId: 'b' },
              leads: true,
              marker: { project: 'test', service: 'gone', attempt: 3 },
              command: 'sleep 100',
              user: 'me',
            },
          ],
        },
      });
      await boot();
      expect(await get('/api/v1/orphans')).to.deep.equal({
        orphans: [{ pid: 4_711, service: 'gone', attempt: 3, user: 'me', command: 'sleep 100' }],
      });
    });

    it('draws the last boot as it was recorded', async () => {
      const { get, boot } = await serveHttp(chain, { over });
      await boot();
      type Boot = { booting: boolean; outcome: string; services: { name: string; ready: number | null }[] };
      const { booting, outcome, services } = await get<Boot>('/api/v1/boot');
      expect({ booting, outcome }).to.deep.equal({ booting: false, outcome: 'up' });
      expect(services.map(({ name }) => name)).to.deep.equal(['db', 'api', 'web']);
      expect(services.every(({ ready }) => ready !== null)).to.equal(true);
    });

    it('counts for Prometheus: state, health, starts, boot times', async () => {
      const { ask, boot } = await serveHttp(chain, { over });
      await boot();
      const { body, headers } = await ask('GET', '/metrics');
      expect(headers['content-type']).to.equal('text/plain; version=0.0.4; charset=utf-8');
      const lines = body.split('\n');
      expect(lines).to.include.members([
        'muster_services 3',
        'muster_stack_verdict{verdict="up"} 1',
        'muster_service_state{service="db",state="ready"} 1',
        'muster_service_state{service="db",state="failed"} 0',
        'muster_service_healthy{service="web"} 1',
        'muster_service_attempts_total{service="api"} 1',
        'muster_boot_duration_seconds_count 1',
        'muster_service_boot_duration_seconds_bucket{service="db",le="+Inf"} 1',
      ]);
      for (const line of lines.slice(0, -1)) {
        expect(line).to.match(/^(# (HELP|TYPE) muster_\w+ .+|muster_\w+(\{(\w+="([^"\\]|\\.)*",?)+\})? -?[\d.e+-]+)$/);
      }
      const families = lines.filter((line) => line.startsWith('# TYPE')).map((line) => line.split(' ')[2]);
      expect(new Set(families).size).to.equal(families.length);
    });
  });
}
