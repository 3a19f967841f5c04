import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { createProject, runMuster } from '../support/cli.ts';
import { freePort, until } from '../support/procs.ts';
import { bootStack, program, readText, startStack, told } from '../support/stack-rig.ts';

const readFile = (file: string): string => (statSync(file).isFile() ? readText(file) : '');

type Told = { readonly event: string; readonly text: string; readonly service?: { readonly name: string } };

const servers: Server[] = [];

const aReceiver = async (isSilent = false) => {
  const bodies: string[] = [];
  const signatures: (string | string[] | undefined)[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      bodies.push(body);
      signatures.push(request.headers['x-muster-signature']);
      if (!isSilent) response.end();
    });
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const events = (): readonly Told[] => bodies.map((body) => JSON.parse(body) as Told);
  return { bodies, signatures, events, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook-path-4711` };
};

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

describe('webhooks of a stack', () => {
  const secret = 'canary-9b3e77';

  it('are told of failures and of the stack, signed, in order; the secret is shown nowhere', async () => {
    const receiver = await aReceiver();
    const project = createProject();
    const up = startStack(
      {
        web: { command: program('journals.sh'), ready: { notify: true }, env: { NAME: 'web', JOURNAL: project.path('journal') } },
        mail: { command: 'exit 3', optional: true, type: 'task', restart: 'no' },
      },
      {
        project,
        stack: { name: 'shop', notify: [{ url: '${HOOK_URL}', secret: '${HOOK_SECRET}' }] },
        env: { HOOK_URL: receiver.url, HOOK_SECRET: secret },
      },
    );
    await up.settled();
    const shown = await Promise.all([
      runMuster(['status', '--json'], { cwd: project.folder }),
      runMuster(['check', '--json'], { cwd: project.folder, env: { HOOK_URL: receiver.url, HOOK_SECRET: secret } }),
      runMuster(['export', 'json'], { cwd: project.folder, env: { HOOK_URL: receiver.url, HOOK_SECRET: secret } }),
      runMuster(['plan'], { cwd: project.folder, env: { HOOK_URL: receiver.url, HOOK_SECRET: secret } }),
    ]);
    await up.stop();
    expect(
      receiver.events().map(({ event, service }) => [event, service?.name ?? null]),
      told(up),
    ).to.deep.equal([
      ['serviceFailed', 'mail'],
      ['stackDegraded', null],
      ['stackStopped', null],
    ]);
    expect(receiver.events()[1]?.text).to.equal('shop is degraded: mail');
    receiver.bodies.forEach((body, index) =>
      expect(receiver.signatures[index]).to.equal(`sha256=${createHmac('sha256', secret).update(body).digest('hex')}`),
    );
    const files = readdirSync(project.folder, { recursive: true, encoding: 'utf8' }).map((file) =>
      readFile(join(project.folder, file)),
    );
    for (const text of [told(up), ...shown.flatMap(({ stdout, stderr }) => [stdout, stderr]), ...files]) {
      expect(text).not.to.include(secret);
      expect(text).not.to.include('hook-path-4711');
    }
  });

  it('only of the events that they ask for, each its own', async () => {
    const [one, other] = [await aReceiver(), await aReceiver()];
    const notify = [
      { url: one.url, events: ['serviceReady'] },
      { url: other.url, events: ['stackStopping'] },
    ];
    const up = await bootStack({ web: { command: 'sleep 600' } }, { stack: { notify } });
    await up.stop();
    expect(one.events().map(({ event }) => event)).to.deep.equal(['serviceReady']);
    expect(other.events().map(({ event }) => event)).to.deep.equal(['stackStopping']);
  });

  it('that do not answer, or are not there, keep nothing from going on, and are told once', async () => {
    const silent = await aReceiver(true);
    const nobody = `http://127.0.0.1:${await freePort()}/hook-path-4711`;
    const up = await bootStack({ web: { command: 'sleep 600' } }, { stack: { notify: [silent.url, nobody] } });
    await until('nobody was asked in vain', () => up.notices().includes('nobody listens there'));
    const result = await up.stop();
    expect(result.code).to.equal(143);
    expect(up.notices()).to.match(/events were not delivered to the webhook at/);
    expect(up.notices()).not.to.include('hook-path');
    // All of it was gone before anybody waited for a webhook.
    const events = up.events().map(({ type }) => type);
    expect(events.filter((type) => type === 'serviceStopped')).to.have.length(1);
  });

  it('F172: a changed list holds from the next `up` on', async () => {
    const [before, after] = [await aReceiver(), await aReceiver()];
    const project = createProject();
    const services = { web: { command: 'sleep 600' } };
    const toFile = (url: string): string => JSON.stringify({ notify: { url, events: ['stackStopped'] }, services });
    const up = await bootStack(services, { project, stack: { notify: { url: before.url, events: ['stackStopped'] } } });
    project.write('services.yaml', toFile(after.url));
    expect((await runMuster(['up', '-d'], { cwd: project.folder })).code).to.equal(0);
    await up.stop();
    expect([before.events().length, after.events().length]).to.deep.equal([0, 1]);
  });
});
