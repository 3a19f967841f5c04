import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { createProcesses } from '../../lib/runtime/processes/create.ts';
import { readIdentity } from '../../lib/runtime/processes/read-identity.ts';
import { createSockets } from '../../lib/runtime/sockets/create.ts';
import { createProject, type Project, runMuster, startMuster } from '../support/cli.ts';
import { until } from '../support/procs.ts';
import { readText } from '../support/stack-rig.ts';

const services = `
services:
  web: { command: sleep 1000 }
`;

const dashboard = (project: Project, ...options: string[]) =>
  runMuster(['dashboard', '--no-open', ...options], { cwd: project.folder });

const isUp = async (project: Project): Promise<void> => {
  const { code, stdout, stderr } = await runMuster(['up', '-d'], { cwd: project.folder });
  expect(code, stdout + stderr).to.equal(0);
};

const supervisorOf = async (project: Project): Promise<number> => {
  const { stdout } = await runMuster(['ls', '--json'], { cwd: project.folder });
  const stacks = JSON.parse(stdout) as { root: string; supervisor: number }[];
  return stacks.find(({ root }) => root === project.folder)?.supervisor ?? 0;
};

/** What the process itself listens on. */
const listensOn = async (pid: number): Promise<readonly number[]> => {
  const leader = readIdentity(pid);
  if (leader === null) throw new Error('it is gone');
  const tree = { leader, marker: { project: 'none', service: 'none', attempt: 1 } };
  return (await createSockets(createProcesses()).listenersOf(tree)).map(({ port }) => port);
};

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer()
      .once('error', () => resolve(false))
      .listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });

const everyFile = (folder: string): string =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .join('\n');

const everyCommandLine = (): string =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'latin1') + readFileSync(`/proc/${pid}/environ`, 'latin1');
      } catch {
        // It has ended meanwhile.
        return '';
      }
    })
    .join('\n');

describe('muster dashboard', function () {
  // A dozen commands one after the other, each a process.

  it('says how to start a stack where none runs', async () => {
    const project = createProject({ 'services.yaml': services });
    const { code, stdout } = await dashboard(project);
    expect([code, stdout]).to.deep.equal([2, 'nothing is running here; "muster up --dashboard" starts it\n']);
  });

  it('S-08: nothing listens before it is asked for; then one address on 127.0.0.1, with a new code each time; none after the end', async () => {
    const project = createProject({ 'services.yaml': services });
    await isUp(project);
    const pid = await supervisorOf(project);
    expect(await listensOn(pid)).to.deep.equal([]);
    const [first, second] = [await dashboard(project), await dashboard(project)];
    expect(first.stdout).to.match(/^http:\/\/127\.0\.0\.1:\d+\/#t=[\w-]{43}\n$/);
    const [origin = '', code] = first.stdout.trim().split('/#t=');
    const [sameOrigin, otherCode] = second.stdout.trim().split('/#t=');
    expect(sameOrigin).to.equal(origin);
    expect(otherCode).not.to.equal(code);
    const port = Number(new URL(origin).port);
    expect(await listensOn(pid)).to.deep.equal([port]);
    const json = JSON.parse((await dashboard(project, '--json')).stdout) as { origin: string; url: string };
    expect(json.origin).to.equal(origin);
    expect((await runMuster(['down'], { cwd: project.folder })).code).to.equal(0);
    expect(await isFree(port)).to.equal(true);
  });

  it('S-08: refuses every address, one that others reach without --expose, a port that is none, and a second place', async () => {
    const project = createProject({ 'services.yaml': services });
    await isUp(project);
    for (const [options, reason] of [
      [['--host', '0.0.0.0'], 'is not one address of this machine'],
      [['--host', '0.0.0.0', '--expose'], 'is not one address of this machine'],
      [['--host', '::', '--expose'], 'is not one address of this machine'],
      [['--host', '0x0', '--expose'], 'is not one address of this machine'],
      [['--host', '192.0.2.1'], 'others on the network can reach the dashboard'],
      [['--host', '192.0.2.1', '--expose'], 'cannot listen on 192.0.2.1'],
      [['--port', '0'], 'write a port from 1 to 65535'],
      [['--port', '70000'], 'write a port from 1 to 65535'],
    ] as const) {
      const { code, stderr } = await dashboard(project, ...options);
      expect(stderr, options.join(' ')).to.contain(reason);
      expect(code, options.join(' ')).to.equal(2);
    }
    expect((await dashboard(project)).code).to.equal(0);
    expect((await dashboard(project, '--port', '1')).stderr).to.match(/is open at http:\/\/127\.0\.0\.1:\d+ already\n$/);
  });

  it('S-10: neither the token nor a code is in any file, command line or environment', async () => {
    const project = createProject({ 'services.yaml': services });
    await isUp(project);
    const [origin = '', code = ''] = (await dashboard(project)).stdout.trim().split('/#t=');
    const answer = await fetch(`${origin}/api/v1/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ code }),
    });
    const { token } = (await answer.json()) as { token: string };
    await fetch(`${origin}/api/v1/stack`, { headers: { authorization: `Bearer ${token}` } });
    await fetch(`${origin}/api/v1/stack`, { headers: { authorization: `Bearer ${token}wrong` } });
    const everything = everyFile(dirname(project.folder)) + everyCommandLine();
    expect(everything).to.contain('sleep');
    for (const secret of [code, token]) expect(everything).not.to.contain(secret);
  });

  it('S-26: no value of the environment is in any answer, whatever services, reasons and logs say', async () => {
    const canaries = Array.from({ length: 30 }, (_, index) => `canary-${index}-${'x'.repeat(8)}`);
    const env = canaries.map((value, index) => `      SECRET_${index}: ${value}`).join('\n');
    const project = createProject({
      'services.yaml': `
services:
  web:
    command: sh -c 'env; exec sleep 1000'
    env:
${env}
  broken:
    command: sh -c 'env >&2; exit 3'
    optional: true
    restart: no
    env:
${env}
  checked:
    command: sleep 1000
    optional: true
    health: { exec: "echo $SECRET_1; false", interval: 50ms }
    health_timeout: 300ms
    restart: no
    env:
${env}
`,
    });
    await isUp(project);
    await until('it has printed all of them', () => readText(project.path('logs', 'web.log')).includes('SECRET_29='));
    const [origin = '', code = ''] = (await dashboard(project)).stdout.trim().split('/#t=');
    const ask = async (path: string, options: RequestInit = {}): Promise<string> =>
      (await fetch(`${origin}${path}`, options)).text();
    const { token } = JSON.parse(
      await ask('/api/v1/session', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ code }),
      }),
    ) as { token: string };
    const headers = { authorization: `Bearer ${token}` };
    const { paths } = JSON.parse(await ask('/api/v1/openapi.json', { headers })) as { paths: Record<string, { get?: object }> };
    const asked = Object.entries(paths).flatMap(([path, { get }]) =>
      get === undefined || /events|stream/.test(path) ? [] : [path],
    );
    for (const path of asked.flatMap((each) =>
      each.includes('{') ? ['web', 'broken', 'checked', 'last'].map((name) => each.replace(/\{\w+\}/, name)) : [each],
    )) {
      const text = await ask(path, { headers });
      for (const canary of canaries) expect(text, path).not.to.contain(canary);
    }
    expect(await ask('/api/v1/logs?services=web', { headers })).to.contain('SECRET_3=***');
  });

  it('the control socket has the same routes, without a token and without a port, until it ends the stack', async () => {
    const project = createProject({ 'services.yaml': services });
    await isUp(project);
    const pid = await supervisorOf(project);
    const { socket } = JSON.parse((await runMuster(['status', '--json'], { cwd: project.folder })).stdout) as { socket: string };
    const ask = (path: string, body?: string): string => {
      const how = body === undefined ? [] : ['-d', body, '-H', 'Content-Type: application/json'];
      return spawnSync('curl', ['-sS', '--unix-socket', socket, `http://localhost/api/v1/${path}`, ...how], { encoding: 'utf8' })
        .stdout;
    };
    expect(JSON.parse(ask('stack'))).to.deep.include({ root: project.folder, verdict: 'up', pid });
    expect(await listensOn(pid)).to.deep.equal([]);
    project.write('services.yaml', `${services}  more: { command: sleep 1000 }\n`);
    expect(JSON.parse(ask('stack/preview', '{}'))).to.deep.include({
      started: [{ name: 'more', because: 'it is new in the file' }],
      kept: ['web'],
    });
    expect((JSON.parse(ask('stack/apply', '{}')) as { names: string[] }).names).to.deep.equal(['web', 'more']);
    const { origin, code } = JSON.parse(ask('dashboard', '{}')) as { origin: string; code: string };
    const json = { 'content-type': 'application/json' };
    const session = await fetch(`${origin}/api/v1/session`, { method: 'POST', headers: json, body: JSON.stringify({ code }) });
    const { token } = (await session.json()) as { token: string };
    const refused = await fetch(`${origin}/api/v1/stack/apply`, {
      method: 'POST',
      headers: { ...json, authorization: `Bearer ${token}` },
      body: '{}',
    });
    expect(refused.status).to.equal(403);
    expect(JSON.parse(ask('stack/down', '{}')))
      .to.have.property('survivors')
      .with.lengthOf(0);
    expect((await runMuster(['status'], { cwd: project.folder })).stdout).to.contain('nothing is running here');
  });

  it('up --dashboard without a terminal says where it is, without the code, which would outlive its minute in a log', async () => {
    const project = createProject({ 'services.yaml': services });
    const up = startMuster(['up', '--dashboard'], { cwd: project.folder });
    const line = await up.waitForLine(/^dashboard: /);
    expect(line).to.match(/^dashboard: http:\/\/127\.0\.0\.1:\d+\/ \("muster dashboard" opens it\)$/);
    await up.waitForLine(/ready|is up/);
    up.signal('SIGINT');
    expect((await up.done).code).to.equal(130);
  });
});
