import { chmodSync, existsSync, realpathSync, rmSync } from 'node:fs';
import { basename } from 'node:path';
import { expect } from 'chai';
import { createProcesses } from '../../lib/runtime/processes/create.ts';
import type { MarkedProcess } from '../../lib/runtime/processes.ts';
import { createProject, type Project, runMuster } from '../support/cli.ts';
import { isLiving, projectIdsOf, until } from '../support/procs.ts';
import { killNine } from '../support/signals.ts';
import { program, startStack, type Up } from '../support/stack-rig.ts';

/** Only there is a process made before its turn. */
const isDash = process.platform === 'linux' && basename(realpathSync('/bin/sh')) === 'dash';

type Overrides = { readonly db?: Readonly<Record<string, unknown>>; readonly api?: Readonly<Record<string, unknown>> };

describe('a service whose process is made while it waits', () => {
  before(function () {
    if (!isDash) this.skip();
  });

  // db (ready when its file is there) ──► api
  const stack = (project: Project, { db = {}, api = {} }: Overrides = {}) => ({
    db: { command: 'sleep 600', ready: { file: project.path('db-is-ready') }, ...db },
    api: {
      command: program('journals.sh'),
      ready: { notify: true },
      env: { NAME: 'api', JOURNAL: project.path('journal') },
      depends_on: ['db'],
      ...api,
    },
  });

  const processesOf = async ({ folder }: Project, name: string): Promise<readonly MarkedProcess[]> => {
    const all = await Promise.all(projectIdsOf(folder).map((id) => createProcesses().findMarked(id)));
    return all.flat().filter(({ marker }) => marker.service === name);
  };

  const begin = async (project: Project, overrides: Overrides = {}): Promise<{ up: Up; pid: number }> => {
    const up = startStack(stack(project, overrides), { project });
    await until('something stands by', async () => (await processesOf(project, 'api')).length > 0);
    const [standby] = await processesOf(project, 'api');
    if (standby === undefined) throw new Error('nothing stands by');
    return { up, pid: standby.identity.pid };
  };

  it('waits for all that anybody sees, and is no orphan; then the process is its own', async () => {
    const project = createProject();
    const { up, pid } = await begin(project);
    const status = await runMuster(['status', '--json'], { cwd: project.folder });
    const { services } = JSON.parse(status.stdout) as { readonly services: readonly Readonly<Record<string, unknown>>[] };
    const api = services.find(({ name }) => name === 'api');
    expect(api).to.include({ state: 'waiting', pid: null, attempt: 0 });
    const doctor = await runMuster(['doctor'], { cwd: project.folder });
    expect(doctor.stdout).not.to.contain('nobody supervises');
    expect(existsSync(project.path('journal'))).to.equal(false);

    project.write('db-is-ready', '');
    const ready = await up.event('serviceReady', 'api');
    expect(ready).to.include({ pid, attempt: 1 });
    expect(up.notices()).not.to.contain('left');
    await up.stop();
  });

  it('ends with what it waits for: nothing of it is left, and no empty log', async () => {
    const project = createProject();
    const { up, pid } = await begin(project, { db: { restart: 'no' } });
    const [db] = await processesOf(project, 'db');
    killNine(db?.identity);
    await up.settled();
    await until('it is gone', () => !isLiving(pid));
    expect(existsSync(project.path('logs', 'api.log'))).to.equal(false);
    await up.ended();
  });

  it('ends with a boot that is called off', async () => {
    const project = createProject();
    const { up, pid } = await begin(project);
    await up.stop('SIGINT');
    expect(isLiving(pid)).to.equal(false);
    expect(existsSync(project.path('logs', 'api.log'))).to.equal(false);
  });

  it('F10: ends by itself when muster is killed with -9, and the next `up` begins as if it had not been', async () => {
    const project = createProject();
    const { up, pid } = await begin(project);
    up.muster.signal('SIGKILL');
    await up.muster.done;
    await until('it is gone', () => !isLiving(pid));
    project.write('db-is-ready', '');
    const next = startStack(stack(project), { project });
    const ready = await next.event('serviceReady', 'api');
    expect(ready.attempt).to.equal(1);
    expect(next.notices()).not.to.contain('ended what an earlier run had left');
    await next.stop();
  });

  it('tells a program that is gone by then as ever', async () => {
    const project = createProject();
    project.write('tool', '#!/bin/sh\nsleep 600\n');
    chmodSync(project.path('tool'), 0o755);
    const { up } = await begin(project, { api: { command: './tool', restart: 'no' } });
    rmSync(project.path('tool'));
    project.write('db-is-ready', '');
    expect((await up.event('serviceFailed', 'api')).reason).to.contain('the program "./tool" does not exist');
    await up.ended();
  });
});
