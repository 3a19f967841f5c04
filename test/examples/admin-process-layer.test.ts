import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { root } from '../house/project.ts';
import { createProject, type Project } from '../support/cli.ts';
import { isLiving, until } from '../support/procs.ts';
import { killNine, ownProcess } from '../support/signals.ts';

type Row = { readonly name: string; readonly state: string; readonly pid: number | null; readonly url: string | null };
type Page = { readonly services: readonly Row[]; readonly news: readonly string[] };

describe('the example of an admin process layer', function () {
  const children = new Set<ChildProcess>();

  afterEach(() => {
    for (const child of children) child.kill('SIGKILL');
    children.clear();
  });

  const boot = async ({ folder }: Project) => {
    if (!existsSync(path.join(root, 'dist/index.mjs'))) throw new Error('there is no dist/index.mjs: run `npm run setup` first');
    const { PATH = '/usr/bin:/bin' } = process.env;
    const child = spawn(process.execPath, [path.join(root, 'examples/admin-process-layer/admin.mjs')], {
      env: { PATH, HOME: folder, XDG_RUNTIME_DIR: path.join(path.dirname(folder), 'run'), ADMIN_FOLDER: folder },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.add(child);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    }
    await until('it is up', () => {
      if (child.exitCode !== null) throw new Error(output);
      return output.includes('everything is up');
    });
    const address = /http:\S+/.exec(output)?.[0] ?? '';
    const look = async (): Promise<Page> => (await (await fetch(address)).json()) as Page;
    const post = async (route: string): Promise<object> =>
      (await (await fetch(`${address}/${route}`, { method: 'POST' })).json()) as object;
    return { child, address, look, post, output: () => output };
  };

  const pidOf = ({ services }: Page, wanted: string): number => services.find(({ name }) => name === wanted)?.pid ?? 0;

  it('boots, shows, stops, starts and restarts, tells its events, and leaves nothing', async () => {
    const project = createProject();
    const { child, address, look, post } = await boot(project);
    const first = await look();
    expect(first.services.map(({ name, state }) => `${name} ${state}`)).to.deep.equal([
      'store ready',
      'api ready',
      'worker ready',
    ]);
    const api = String(first.services[1]?.url);
    expect(await (await fetch(api, { method: 'POST' })).text()).to.equal('1');

    const events = await fetch(`${address}/events`);
    const reading = (async () => {
      let text = '';
      const decoder = new TextDecoder();
      for await (const chunk of events.body ?? []) text += decoder.decode(chunk as Uint8Array);
      return text;
    })();
    expect(await post('restart/api')).to.deep.equal({ ok: true });
    const second = await look();
    expect(pidOf(second, 'api')).not.to.equal(pidOf(first, 'api'));
    expect(pidOf(second, 'store')).to.equal(pidOf(first, 'store'));
    expect(await post('stop/api')).to.deep.equal({ ok: true });
    expect((await look()).services.map(({ state }) => state)).to.deep.equal(['ready', 'stopped', 'stopped']);
    expect(await post('start/worker')).to.deep.equal({ ok: true });
    expect(await post('start/wroker')).to.deep.equal({
      ok: false,
      problem: 'there is no service "wroker"; did you mean "worker"?',
    });

    const killed = pidOf(await look(), 'api');
    killNine(await ownProcess(project, killed));
    await until('it is back', async () => {
      const { services } = await look();
      return services.some(({ name, state, pid }) => name === 'api' && state === 'ready' && pid !== killed);
    });
    expect((await look()).news.join('\n')).to.match(/^api died: .*SIGKILL/m);

    const closed = new Promise((resolve) => child.once('close', resolve));
    const last = await look();
    child.kill('SIGTERM');
    expect(await closed).to.equal(0);
    for (const { pid } of last.services) expect(isLiving(Number(pid))).to.equal(false);
    const told = await reading;
    expect(told).to.match(/event: serviceStopping\ndata: .*"api"/);
    expect(told).to.match(/event: stackStopped\n/);
  });

  it('ends what a killed one has left, by its identity, and says so', async () => {
    const project = createProject();
    const { child, look } = await boot(project);
    const left = await look();
    const closed = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGKILL');
    await closed;
    expect(isLiving(pidOf(left, 'worker'))).to.equal(true);
    const again = await boot(project);
    const { news } = await again.look();
    for (const name of ['store', 'api', 'worker']) {
      expect(isLiving(pidOf(left, name)), name).to.equal(false);
      expect(news).to.include(`pid ${pidOf(left, name)} is left over from ${name}`);
      expect(news).to.include(`pid ${pidOf(left, name)} is gone`);
    }
    const ended = new Promise((resolve) => again.child.once('close', resolve));
    again.child.kill('SIGTERM');
    expect(await ended, again.output()).to.equal(0);
  });
});
