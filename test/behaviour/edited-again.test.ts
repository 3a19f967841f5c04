import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { expect } from 'chai';
import { createProject, type Project, type RunResult, runMuster } from '../support/cli.ts';
import { freePort } from '../support/procs.ts';
import { expectNothingLeft, program, readText, type Services, toYaml } from '../support/stack-rig.ts';

type Told = { readonly name: string; readonly attempt: number; readonly ports: readonly { readonly port: number }[] };

describe('an edited definition', () => {
  let project: Project;
  const muster = (...args: readonly string[]): Promise<RunResult> => runMuster(args, { cwd: project.folder });
  const up = async (services: Services): Promise<string> => {
    project.write('services.yaml', toYaml(services));
    const { code, stdout, stderr } = await muster('up', '-d');
    expect(code, stdout + stderr).to.equal(0);
    return stdout;
  };
  const told = async (): Promise<Readonly<Record<string, Told>>> => {
    const { services } = JSON.parse((await muster('status', '--json')).stdout) as { readonly services: readonly Told[] };
    return Object.fromEntries(services.map((service) => [service.name, service]));
  };
  const portOf = async (name: string): Promise<number> => (await told())[name]?.ports[0]?.port ?? -1;

  let stranger: Server;
  const occupyPort = async (): Promise<number> => {
    stranger.listen(0, '127.0.0.1');
    await once(stranger, 'listening');
    return (stranger.address() as AddressInfo).port;
  };
  const leavePort = async (): Promise<void> => {
    if (stranger.listening) await once(stranger.close(), 'close');
  };

  beforeEach(() => {
    project = createProject();
    stranger = createServer();
  });
  afterEach(async () => {
    await leavePort();
    await muster('down');
    await expectNothingLeft(project);
  });

  // migrate ─► seed (task), api
  it('B12: of a task that has completed runs it again, and the tasks that work on what it does; what runs stays', async () => {
    const stack = (word: string): Services => ({
      migrate: { type: 'task', command: `sh -c 'echo ${word} >> ran'` },
      seed: { type: 'task', command: `sh -c 'echo seed >> ran'`, depends_on: ['migrate'] },
      api: { command: 'exec sleep 600', depends_on: ['migrate'] },
    });
    await up(stack('one'));
    await up(stack('two'));
    expect(readText(project.path('ran'))).to.equal('one\nseed\ntwo\nseed\n');
    await up(stack('two'));
    expect(readText(project.path('ran'))).to.equal('one\nseed\ntwo\nseed\n');
    expect((await told()).api?.attempt).to.equal(1);
    expect((await muster('up', '--dry-run')).stdout).to.match(/up would change nothing/);
  });

  // migrate ─► seed (task), api
  it('B12, B15: of an input runs its task again by a further `up`, and the tasks that work on what it does; what runs stays', async () => {
    const stack: Services = {
      migrate: { type: 'task', command: `sh -c 'cat schema.sql >> ran'`, inputs: ['*.sql'] },
      seed: { type: 'task', command: `sh -c 'echo seed >> ran'`, depends_on: ['migrate'] },
      api: { command: 'exec sleep 600', depends_on: ['migrate'] },
      other: { command: 'exec sleep 600' },
    };
    project.write('schema.sql', 'one\n');
    await up(stack);
    expect((await muster('up', '--dry-run')).stdout).to.match(/up would change nothing/);
    project.write('schema.sql', 'two\n');
    const preview = (await muster('up', '--dry-run')).stdout;
    expect(preview).to.match(/start +migrate +its inputs have changed\n/);
    expect(preview).to.match(/start +seed +what it worked on starts anew\n/);
    expect((await muster('up', '-d', 'other')).stdout).not.to.include('inputs have changed');
    expect(readText(project.path('ran')), 'it is not needed by what was asked for').to.equal('one\nseed\n');
    expect((await muster('up')).stdout).to.include('run again, because its inputs have changed: migrate');
    expect(readText(project.path('ran'))).to.equal('one\nseed\ntwo\nseed\n');
    await up(stack);
    expect(readText(project.path('ran'))).to.equal('one\nseed\ntwo\nseed\n');
    expect((await told()).api?.attempt).to.equal(1);
  });

  const listens = { command: program('listens.mjs') };
  const user = { command: 'exec sleep 600', env: { DB: '${db.port}' }, depends_on: ['db'] };

  it('B5, B12: of a service with `port: auto` restarts it on the port that it has, and nobody else', async () => {
    await up({ db: { ...listens, port: 'auto' }, api: user });
    const before = await portOf('db');
    await up({ db: { ...listens, port: 'auto', env: { EDITED: '1' } }, api: user });
    const { db, api } = await told();
    expect([db?.attempt, db?.ports[0]?.port, api?.attempt]).to.deep.equal([2, before, 1]);
  });

  it('B5, B12: of a service with `next` leaves it where it is until the file wants another port, also where the first one is free again', async () => {
    const port = await occupyPort();
    const db = { ...listens, port, port_conflict: 'next' };
    await up({ db, api: user });
    const before = await portOf('db');
    expect(before).not.to.equal(port);
    await leavePort();
    await up({ db: { ...db, env: { EDITED: '1' } }, api: user });
    expect([await portOf('db'), (await told()).api?.attempt]).to.deep.equal([before, 1]);
    const wanted = await freePort();
    await up({ db: { ...db, port: wanted }, api: user });
    expect([await portOf('db'), (await told()).api?.attempt]).to.deep.equal([wanted, 2]);
  });

  it('B5, B12: that moves a service to another port names what runs with the old address, and what to type', async () => {
    const port = await occupyPort();
    await up({ db: { ...listens, port, port_conflict: 'next' }, api: user });
    await leavePort();
    const stdout = await up({ db: { ...listens, port, env: { EDITED: '1' } }, api: user });
    expect(stdout).to.contain(`db: moved to port ${port}; api had the old address, and learns the new one by a restart`);
    expect([await portOf('db'), (await told()).api?.attempt]).to.deep.equal([port, 1]);
  });
});
