import { expect } from 'chai';
import { createProject, type Project, type RunResult, runMuster, startMuster } from '../support/cli.ts';
import { expectNothingLeft, readText, type Services, toYaml } from '../support/stack-rig.ts';
import { hasTerminals, openTerminal } from '../support/terminal.ts';

type Told = {
  readonly name: string;
  readonly pid: number | null;
  readonly state: string;
  readonly attempt: number;
  readonly edited?: string;
};
type Status = {
  readonly services: readonly Told[];
  readonly edited?: { readonly added: string[]; readonly problem: string | null };
};

const sleeper = { command: 'exec sleep 600' };

// db ─► api ═► web (restarts with it)     old
const before: Services = {
  db: sleeper,
  api: { ...sleeper, depends_on: ['db'] },
  web: { ...sleeper, depends_on: { api: { condition: 'started', restart: true } } },
  old: sleeper,
};
// api is another, old is gone, fresh is new
const after: Services = {
  db: before.db ?? {},
  api: { command: 'exec sleep 601', depends_on: ['db'] },
  web: before.web ?? {},
  fresh: sleeper,
};

describe('services.yaml is edited while the stack runs', () => {
  let project: Project;
  const muster = (...args: readonly string[]): Promise<RunResult> => runMuster(args, { cwd: project.folder });
  const write = (services: Services): void => project.write('services.yaml', toYaml(services));
  const status = async (): Promise<Status> => JSON.parse((await muster('status', '--json')).stdout) as Status;
  const told = async (): Promise<Readonly<Record<string, Told>>> =>
    Object.fromEntries((await status()).services.map((service) => [service.name, service]));

  beforeEach(async () => {
    project = createProject();
    write(before);
    expect((await muster('up', '-d')).code).to.equal(0);
  });
  afterEach(async () => {
    await muster('down');
    await expectNothingLeft(project);
  });

  it('H5: status says "definition changed since start" of what is another, what is gone and what is new, until it is applied', async () => {
    expect((await muster('status')).stdout).not.to.match(/changed/);
    write(after);
    const { stdout } = await muster('status');
    expect(stdout).to.match(/^. {2}api .*definition changed since start$/m);
    expect(stdout).to.match(/^. {2}old .*not in the file any more$/m);
    expect(stdout).to.match(/^. {2}db .*\d$/m);
    expect(stdout).to.match(/new in it: fresh/);
    expect(Object.values(await told()).map(({ name, edited }) => `${name} ${edited ?? ''}`)).to.have.members([
      'db ',
      'api changed',
      'web ',
      'old gone',
    ]);
    expect((await muster('up', '-d')).code).to.equal(0);
    const now = await status();
    expect([now.edited, now.services.some(({ edited }) => edited !== undefined)]).to.deep.equal([undefined, false]);
  });

  it('H5: comments and order are no change, and an edit that is taken back is none either', async () => {
    write(Object.fromEntries(Object.entries(before).reverse()));
    expect((await status()).edited).to.equal(undefined);
    write(after);
    expect((await status()).edited?.added).to.deep.equal(['fresh']);
    write(before);
    expect((await status()).edited).to.equal(undefined);
  });

  it('B12: a second `up` restarts only what is another, and the dependents that ask for it; the others keep their processes', async () => {
    const old = await told();
    write(after);
    expect((await muster('up', '-d')).code).to.equal(0);
    const now = await told();
    expect(Object.values(now).map(({ name, state, attempt }) => `${name} ${state} ${attempt}`)).to.have.members([
      'db ready 1',
      'api ready 2',
      'web ready 2',
      'fresh ready 1',
    ]);
    expect(now.db?.pid).to.equal(old.db?.pid);
    expect(now.web?.pid).not.to.equal(old.web?.pid);
    const again = await muster('up', '-d');
    expect(again.code).to.equal(0);
    expect(await told()).to.have.nested.property('api.pid', now.api?.pid);
  });

  it('B12: `up --dry-run` shows what would be started, restarted and why, stopped and kept, and changes nothing', async () => {
    const old = await told();
    write(after);
    const dry = await muster('up', '--dry-run');
    expect(dry.code).to.equal(0);
    expect(dry.stdout)
      .to.match(/^stop +old +it is not in the file any more$/m)
      .and.to.match(/^restart +api +its definition has changed$/m)
      .and.to.match(/^restart +web +it asks to be restarted with api$/m)
      .and.to.match(/^start +fresh +it is new in the file$/m)
      .and.to.match(/^kept as they are: db$/m);
    const { changes } = JSON.parse((await muster('up', '--dry-run', '--json')).stdout) as {
      readonly changes: { readonly stopped: string[]; readonly kept: string[] };
    };
    expect([changes.stopped, changes.kept]).to.deep.equal([['old'], ['db']]);
    expect(Object.values(await told()).map(({ name, pid }) => [name, pid])).to.deep.equal(
      Object.values(old).map(({ name, pid }) => [name, pid]),
    );
    write(before);
    expect((await muster('up', '--dry-run')).stdout).to.match(/up would change nothing/);
  });

  it('F170: a broken file changes nothing: `up` says where, status says so, and what runs runs on; the same for no file at all', async () => {
    const old = Object.values(await told()).map(({ name, pid }) => [name, pid]);
    project.write('services.yaml', 'services:\n  db:\n    comand: exec sleep 600\n');
    for (const args of [['up', '-d'], ['up', '--dry-run'], ['up']]) {
      const { code, stderr } = await muster(...args);
      expect([args, code]).to.deep.equal([args, 2]);
      expect(stderr).to.match(/services\.yaml:3:5: unknown key "comand" in service "db"/);
    }
    expect((await status()).edited?.problem).to.match(/services\.yaml:3:5: unknown key "comand"/);
    expect((await muster('status')).stdout).to.match(/mistake by now, and what runs stays as it is: .*services\.yaml:3:5/);
    project.write('services.yaml', '');
    expect((await muster('status')).code).to.equal(0);
    expect(Object.values(await told()).map(({ name, pid }) => [name, pid])).to.deep.equal(old);
    expect(readText(project.path('logs', 'muster.log'))).not.to.match(/stopping/);
  });
});

describe('a view that is open when a further up changes the stack', () => {
  const before = { db: { command: 'exec sleep 600' }, old: { command: 'exec sleep 600' } };
  const after = {
    db: before.db,
    fresh: {
      command: 'while :; do echo "hello from fresh, $MY_TOKEN"; sleep 0.1; done',
      env: { MY_TOKEN: 'of-no-use-to-others' },
    },
  };
  let project: Project;
  const muster = (...args: readonly string[]): Promise<RunResult> => runMuster(args, { cwd: project.folder });
  beforeEach(() => {
    project = createProject({ 'services.yaml': toYaml(before) });
  });
  afterEach(async () => {
    await muster('down');
    await expectNothingLeft(project);
  });

  it('B12: without a terminal: tells what becomes of a new service, shows what it prints, and hides its secrets', async () => {
    const first = startMuster(['up'], { cwd: project.folder });
    await first.waitForLine(/is up after/);
    project.write('services.yaml', toYaml(after));
    expect((await muster('up', '-d')).code).to.equal(0);
    expect(await first.waitForLine(/^fresh +│ hello from fresh/)).to.match(/hello from fresh, \*\*\*$/);
    expect(first.stdout())
      .to.match(/fresh ready/)
      .and.to.match(/old stopped/)
      .and.not.to.include('of-no-use');
    first.signal('SIGTERM');
    await first.done;
  });

  it('B12: monitor shows the new service, with its log', async function () {
    if (!hasTerminals()) this.skip();
    expect((await muster('up', '-d')).code).to.equal(0);
    const terminal = await openTerminal(project, ['monitor']);
    await terminal.shows(/log of db/);
    project.write('services.yaml', toYaml(after));
    expect((await muster('up', '-d')).code).to.equal(0);
    await terminal.shows(/fresh +ready/);
    // The notice of the change gives way to the log at the first key.
    terminal.type('\u001b[B');
    terminal.type('\u001b[F');
    await terminal.shows(/log of fresh[^]*hello from fresh, \*\*\*/);
    terminal.type('\u0003');
    await terminal.exited;
  });

  it('B12: in a terminal: the same', async function () {
    if (!hasTerminals()) this.skip();
    const terminal = await openTerminal(project, ['up']);
    await terminal.shows(/is up after/);
    project.write('services.yaml', toYaml(after));
    expect((await muster('up', '-d')).code).to.equal(0);
    await terminal.shows(/fresh ready[^]*hello from fresh, \*\*\*/);
    expect(terminal.text()).not.to.include('of-no-use');
    terminal.type('\u0003');
    await terminal.exited;
    expect(terminal.text()).to.match(/fresh stopped|nothing is left/);
  });
});
