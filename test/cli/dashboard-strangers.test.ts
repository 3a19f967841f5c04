import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { routes } from '../../lib/interfaces/http/registry.ts';
import { createProcesses } from '../../lib/runtime/processes/create.ts';
import { bootedProject, dashboardUrl } from '../support/browser.ts';
import { type Project, runMuster } from '../support/cli.ts';
import { canMakeNetworks, twoNetworks } from '../support/networks.ts';
import { canBeOthers } from '../support/outsiders.ts';
import { projectIdsOf } from '../support/procs.ts';

const services = 'services:\n  web: { command: sleep 1000 }\n  job: { type: task, command: echo done, depends_on: [web] }\n';

const redeem = (origin: string, code: string): Promise<Response> =>
  fetch(`${origin}/api/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ code }),
  });

/** A token, got as a program of the user gets it, and the code that it was swapped for. */
const enter = async (project: Project): Promise<{ readonly origin: string; readonly code: string; readonly token: string }> => {
  const [origin = '', code = ''] = (await dashboardUrl(project)).split('/#t=');
  const { token } = (await (await redeem(origin, code)).json()) as { token: string };
  return { origin, code, token };
};

/** Every file below a folder, by what is in it. */
const filesIn = (folder: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => statSync(join(folder, name)).isFile())
      .map((name) => [
        name,
        createHash('sha256')
          .update(readFileSync(join(folder, name)))
          .digest('hex'),
      ]),
  );

const pidsOf = async ({ folder }: Project): Promise<readonly number[]> => {
  const { findMarked } = createProcesses();
  const found = await Promise.all(projectIdsOf(folder).map((id) => findMarked(id)));
  return found.flat().map(({ identity }) => identity.pid);
};

describe('the dashboard, and those who are not its user', function () {
  // Thousands of requests, or a dozen processes.

  it('S-07: every GET, asked a hundred times, changes no state, no file and no process', async () => {
    const project = await bootedProject({ 'services.yaml': services });
    const { origin, token } = await enter(project);
    const headers = { authorization: `Bearer ${token}` };
    const state = async (): Promise<unknown> => {
      const { services: all, verdict } = (await (await fetch(`${origin}/api/v1/stack`, { headers })).json()) as {
        services: Record<string, unknown>[];
        verdict: string;
      };
      return { verdict, services: all.map(({ for: _for, ...rest }) => rest) };
    };
    const look = async (): Promise<unknown> => ({
      state: await state(),
      files: filesIn(dirname(project.folder)),
      processes: await pidsOf(project),
    });
    const before = await look();
    const paths = [
      ...['/', '/app.js', '/app.css', '/icon.svg'],
      ...routes.flatMap(({ method, path, answers }) =>
        method === 'GET' && answers !== 'events' ? [path.replace('{name}', 'web').replace('{run}', 'last')] : [],
      ),
    ];
    expect(paths.length).to.be.at.least(20);
    for (const path of paths) {
      for (let round = 0; round < 10; round += 1) {
        const answers = await Promise.all(Array.from({ length: 10 }, () => fetch(`${origin}${path}`, { headers })));
        for (const answer of answers) {
          expect(answer.status, path).to.equal(200);
          await answer.arrayBuffer();
        }
      }
    }
    expect(await look()).to.deep.equal(before);
  });

  it('S-08: from another network nobody reaches it, where one that listens on every address is reached', async function () {
    if (!canMakeNetworks()) this.skip();
    const [here, there] = await twoNetworks();
    const project = await bootedProject(
      {
        'services.yaml': `services:\n  open: { command: [node, -e, 'require("http").createServer((q, r) => r.end("open")).listen(process.env.PORT, "0.0.0.0")'], port: auto, host: 0.0.0.0, health_url: "\${open.url}/" }\n`,
      },
      here.through,
    );
    const address = await dashboardUrl(project, here.through);
    const port = new URL(address).port;
    const { stdout } = await runMuster(['status', '--json'], { cwd: project.folder });
    const { services: all } = JSON.parse(stdout) as { services: { ports: { port: number }[] }[] };
    const open = all[0]?.ports[0]?.port ?? 0;
    const reach = ({ through }: { readonly through: readonly string[] }, host: string, at: number | string): string => {
      const script = `require('http').get('http://${host}:${at}/', (r) => console.log(r.statusCode)).on('error', (e) => console.log(e.code))`;
      const [program, ...args] = [...through, process.execPath, '-e', script];
      return spawnSync(program, args, { encoding: 'utf8' }).stdout.trim();
    };
    expect(reach(here, '127.0.0.1', port)).to.equal('200');
    expect(reach(there, here.address, open)).to.equal('200');
    expect(reach(there, here.address, port)).to.equal('ECONNREFUSED');
    expect(reach(there, '127.0.0.1', port)).to.equal('ECONNREFUSED');
    // Listening sockets, as the system tells them: one address, and not every.
    const [program, ...args] = [...here.through, 'cat', '/proc/net/tcp', '/proc/net/tcp6'];
    const table = spawnSync(program, args, { encoding: 'utf8' }).stdout;
    const hex = Number(port).toString(16).toUpperCase().padStart(4, '0');
    const listening = table.split('\n').flatMap((line) => / (\w+):(\w{4}) \w+:0000 0A /.exec(line)?.slice(1) ?? []);
    expect(listening.filter((_, index) => listening[index + 1] === hex)).to.deep.equal(['0100007F']);
  });

  it('S-10, S-15: another user of this machine finds neither token nor code, and no way in', async function () {
    if (!canBeOthers()) this.skip();
    const project = await bootedProject({ 'services.yaml': services });
    // What is closed to them has to be closed by muster, not by the folder around it.
    for (const folder of [dirname(project.folder), join(dirname(project.folder), 'run'), project.folder])
      chmodSync(folder, 0o755);
    const { origin, code, token } = await enter(project);
    await fetch(`${origin}/api/v1/stack`, { headers: { authorization: `Bearer ${token}` } });
    await fetch(`${origin}/api/v1/stack`, { headers: { authorization: `Bearer ${token.slice(1)}` } });
    const unused = (await dashboardUrl(project)).split('/#t=')[1] ?? '';
    const { socket } = JSON.parse((await runMuster(['status', '--json'], { cwd: project.folder })).stdout) as { socket: string };
    const script = `
      const fs = require('fs'), path = require('path'), net = require('net');
      const seen = [];
      const read = (file) => { try { seen.push(fs.readFileSync(file, 'latin1')); } catch (error) { seen.push(file + ' ' + error.code); } };
      const walk = (folder) => {
        let names = [];
        try { names = fs.readdirSync(folder, { withFileTypes: true }); } catch (error) { seen.push(folder + ' ' + error.code); }
        for (const entry of names) entry.isDirectory() ? walk(path.join(folder, entry.name)) : read(path.join(folder, entry.name));
      };
      walk(${JSON.stringify(dirname(project.folder))});
      for (const pid of fs.readdirSync('/proc').filter((name) => /^\\d+$/.test(name))) for (const what of ['cmdline', 'environ']) read('/proc/' + pid + '/' + what);
      const ask = async (path, options) => { const answer = await fetch(${JSON.stringify(origin)} + path, options); return answer.status + ' ' + JSON.stringify([...answer.headers]) + await answer.text(); };
      (async () => {
        const doors = [];
        for (const path of ['/', '/app.js', '/api/v1/stack', '/api/v1/logs', '/metrics', '/api/v1/openapi.json']) { const text = await ask(path); seen.push(text); doors.push(text.slice(0, 3)); }
        const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ code: process.argv[1] }) };
        const again = await ask('/api/v1/session', post);
        seen.push(again);
        const error = await new Promise((resolve) => net.connect(${JSON.stringify(socket)}).on('connect', () => resolve('in')).on('error', (e) => resolve(e.code)));
        console.log(JSON.stringify({ uid: process.getuid(), doors, again: again.slice(0, 3), socket: error, seen }));
      })();`;
    const args = ['--reuid=65534', '--regid=65534', '--clear-groups', process.execPath, '-e', script, code];
    const { stdout, stderr } = spawnSync('setpriv', args, { encoding: 'utf8', cwd: '/', maxBuffer: 64 * 1024 * 1024 });
    const found = JSON.parse(stdout === '' ? stderr : stdout) as {
      uid: number;
      doors: string[];
      again: string;
      socket: string;
      seen: string[];
    };
    expect(found.uid).to.equal(65_534);
    expect(found.doors).to.deep.equal(['200', '200', '401', '401', '401', '401']);
    // The code was used; whoever comes second gets nothing, and the first one's token is worth nothing any more.
    expect(found.again).to.equal('401');
    expect((await fetch(`${origin}/api/v1/stack`, { headers: { authorization: `Bearer ${token}` } })).status).to.equal(401);
    expect(found.socket).to.equal('EACCES');
    const everything = found.seen.join('\n');
    expect(everything).to.contain('sleep\x001000').and.to.contain('command: sleep 1000');
    expect(everything)
      .to.match(/logs EACCES/)
      .and.to.match(/\.server_memory\.json EACCES/);
    for (const secret of [token, unused]) expect(everything).not.to.contain(secret);
  });
});
