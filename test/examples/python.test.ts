import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { until } from '../support/procs.ts';
import { type Example, freePorts, getJson, openExample, statesOf } from './rig.ts';

//  redis (optional) ──► backend ──┬─► admin
//               └─────► worker    └─► site
//                         └─► beat

/** Debian's own, whatever else stands first in PATH. */
const python = '/usr/bin/python3';
const has = (modules: string): boolean => spawnSync(python, ['-c', `import ${modules}`]).status === 0;

/** The folders of PATH that have redis-server are left out, each program that the stack needs besides is linked. */
const withoutRedis = ({ project }: Example): string => {
  const folder = project.path('bin');
  mkdirSync(folder);
  for (const name of ['env', 'sh']) symlinkSync(`/bin/${name}`, path.join(folder, name));
  symlinkSync(process.execPath, path.join(folder, 'node'));
  return folder;
};

const open = async (): Promise<Example> =>
  openExample('python', {
    PYTHON: python,
    ...(await freePorts('PORT_REDIS', 'PORT_BACKEND', 'PORT_ADMIN', 'PORT_SITE')),
  });

const urlOf = ({ env }: Example, name: string): string => `http://127.0.0.1:${env[`PORT_${name}`]}`;

describe('the example of a Python stack', function () {
  before(function () {
    if (!has('fastapi, uvicorn, celery, redis')) this.skip();
  });

  describe('with redis installed', () => {
    before(function () {
      if (!existsSync('/usr/bin/redis-server')) this.skip();
    });

    it('is healthy as a whole; the worker counts what beat asks for; and it stops clean', async () => {
      const example = await open();
      const { stdout } = await example.muster(['up', '-d']);
      expect(stdout).not.to.contain('degraded');
      const rows = await example.rows();
      expect(statesOf(rows)).to.deep.equal({
        redis: 'ready',
        backend: 'ready',
        worker: 'ready',
        beat: 'ready',
        admin: 'ready',
        site: 'ready',
      });
      expect(await getJson(`${urlOf(example, 'BACKEND')}/health`)).to.deep.equal({ ok: true, broker: true });
      await until('the worker has counted', async () => {
        const { count, kept_by } = (await getJson(`${urlOf(example, 'BACKEND')}/count`)) as { count: number; kept_by: string };
        return kept_by === 'worker' && count > 0;
      });
      for (const name of ['ADMIN', 'SITE']) {
        expect(await (await fetch(urlOf(example, name))).text()).to.contain(urlOf(example, 'BACKEND'));
      }
      await example.down();
    });

    it('is reused by a second up, as far as it is well: only what is not up is started', async () => {
      const example = await open();
      await example.muster(['up', '-d', 'site']);
      const before = await example.rows();
      await example.muster(['up', '-d']);
      const after = await example.rows();
      expect(statesOf(after)).to.include({ worker: 'ready', beat: 'ready', admin: 'ready' });
      for (const { name, pid } of before.filter((row) => row.state === 'ready')) {
        expect(after.find((row) => row.name === name)?.pid, name).to.equal(pid);
      }
      await example.down();
    });
  });

  describe('without redis', () => {
    it('is degraded, the worker is told why, and the rest works', async () => {
      const example = await open();
      const PATH = withoutRedis(example);
      await example.muster(['up', '-d'], 0, { PATH });
      const rows = await example.rows();
      expect(statesOf(rows)).to.include({ backend: 'ready', admin: 'ready', site: 'ready', redis: 'failed', worker: 'failed' });
      expect(statesOf(rows)['beat']).to.be.oneOf(['failed', 'skipped']);
      const { stdout: why } = await example.muster(['why', 'worker']);
      expect(why).to.match(/exited with code 78/);
      expect(why).to.contain(`no broker answers on redis://127.0.0.1:${example.env['PORT_REDIS']}/0`);
      expect((await example.muster(['why', 'redis'])).stdout).to.match(/redis-server.*not found/);
      expect(await getJson(`${urlOf(example, 'BACKEND')}/count`)).to.deep.equal({ count: 1, kept_by: 'backend' });
      await example.down();
    });

    it('counts as a failure with --strict', async () => {
      const example = await open();
      const PATH = withoutRedis(example);
      await example.muster(['run', '--strict', '--', process.execPath, '-e', ''], 6, { PATH });
    });
  });

  it('lists what clean would remove, removes it, and nothing outside of the project', async () => {
    const example = await open();
    example.project.write('backend/__pycache__/app.pyc', 'x');
    example.project.write('beat-schedule.db', 'x');
    example.project.write('../__pycache__/other.pyc', 'x');
    const { stdout: listed } = await example.muster(['clean', '--dry-run']);
    expect(listed).to.contain('backend/__pycache__').and.to.contain('beat-schedule.db');
    expect(listed).not.to.contain('other.pyc');
    expect(existsSync(example.project.path('beat-schedule.db'))).to.equal(true);
    await example.muster(['clean']);
    expect(existsSync(example.project.path('beat-schedule.db'))).to.equal(false);
    expect(readdirSync(example.project.path('backend'))).to.have.members(['app.py', 'broker.py', 'tasks.py']);
    expect(existsSync(example.project.path('../__pycache__/other.pyc'))).to.equal(true);
  });
});
