import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { expect } from 'chai';
import { createProject, type Project, type RunResult, runMuster } from '../support/cli.ts';
import { freePort, until } from '../support/procs.ts';
import { killNine, ownProcess } from '../support/signals.ts';
import { expectNothingLeft, program, type Services, toYaml } from '../support/stack-rig.ts';

type Told = { readonly name: string; readonly pid: number | null; readonly state: string };

const sleeper = { command: 'exec sleep 600' };

describe('a stack file that is edited while its stack runs', () => {
  let project: Project;
  const muster = (...args: readonly string[]): Promise<RunResult> => runMuster(args, { cwd: project.folder });
  const write = (services: Services, stack: Readonly<Record<string, unknown>> = {}): void =>
    project.write('services.yaml', toYaml(services, stack));
  const pids = async (): Promise<Readonly<Record<string, number | null>>> => {
    const { stdout } = await muster('status', '--json');
    const { services } = JSON.parse(stdout) as { readonly services: readonly Told[] };
    return Object.fromEntries(services.map(({ name, pid }) => [name, pid]));
  };
  const boot = async (services: Services, stack: Readonly<Record<string, unknown>> = {}): Promise<void> => {
    write(services, stack);
    const { code, stdout, stderr } = await muster('up', '-d');
    expect(code, `${stdout}${stderr}`).to.equal(0);
  };

  beforeEach(() => {
    project = createProject();
  });
  afterEach(async () => {
    rmSync(project.path('services.yaml'), { recursive: true, force: true });
    write({ a: sleeper });
    await muster('down');
    await expectNothingLeft(project);
  });

  it('F171: is removed, or a folder stands in its place: `up` says so, and what runs runs on', async () => {
    await boot({ a: sleeper });
    const before = await pids();
    renameSync(project.path('services.yaml'), project.path('aside.yaml'));
    mkdirSync(project.path('services.yaml'));
    const folder = await muster('up', '-d');
    expect(folder.code).to.equal(2);
    expect(folder.stderr).to.include('services.yaml');
    rmSync(project.path('services.yaml'), { recursive: true });
    expect((await muster('up', '-d')).code).to.equal(2);
    renameSync(project.path('aside.yaml'), project.path('services.yaml'));
    expect(await pids()).to.deep.equal(before);
  });

  it('F172: gains a cycle: `up` draws it, and nothing changes', async () => {
    await boot({ a: sleeper, b: { ...sleeper, depends_on: ['a'] } });
    const before = await pids();
    write({ a: { ...sleeper, depends_on: ['b'] }, b: { ...sleeper, depends_on: ['a'] } });
    const { code, stderr, stdout } = await muster('up', '-d');
    expect(code).to.equal(2);
    expect(`${stdout}${stderr}`).to.match(/dependency cycle: (a.*b.*a|b.*a.*b)/);
    write({ a: sleeper, b: { ...sleeper, depends_on: ['a'] } });
    expect(await pids()).to.deep.equal(before);
  });

  it('F172: two services swap their ports: both stop before one of them starts, and both are up', async () => {
    const [one, two] = [await freePort(), await freePort()];
    const listener = { command: program('listens.mjs') };
    await boot({ a: { ...listener, port: one }, b: { ...listener, port: two } });
    await boot({ a: { ...listener, port: two }, b: { ...listener, port: one } });
    const { stdout } = await muster('status', '--json');
    const { services } = JSON.parse(stdout) as { services: readonly (Told & { ports: readonly { port: number }[] })[] };
    expect(services.map(({ name, state, ports }) => [name, state, ports[0]?.port])).to.deep.equal([
      ['a', 'ready', two],
      ['b', 'ready', one],
    ]);
  });

  it('F172: renames a service, and loses one: the old ones end, the new one runs, the others keep their processes', async () => {
    await boot({ a: sleeper, old: sleeper, keep: sleeper });
    const before = await pids();
    await boot({ fresh: sleeper, keep: sleeper });
    const after = await pids();
    expect(Object.keys(after)).to.have.members(['fresh', 'keep']);
    expect(after['keep']).to.equal(before['keep']);
  });

  it('F173: twenty `up` at once, over two versions of the file, end with what the last one says, and each service runs once', async function () {
    await boot({ a: sleeper, b: sleeper });
    write({ a: { command: 'exec sleep 601' }, b: sleeper, c: sleeper });
    const codes = await Promise.all(Array.from({ length: 20 }, async () => (await muster('up', '-d')).code));
    expect(codes).to.deep.equal(Array.from({ length: 20 }, () => 0));
    expect(Object.keys(await pids())).to.have.members(['a', 'b', 'c']);
  });

  it('F174: only comments, order, and what muster alone acts upon: nothing restarts, and the new settings hold', async () => {
    await boot({ a: sleeper, b: sleeper });
    const before = await pids();
    project.write(
      'services.yaml',
      '# other words\nservices:\n  b: {command: exec sleep 600, restart: no}\n  a: {command: exec sleep 600}\n',
    );
    expect((await muster('up', '-d')).code).to.equal(0);
    expect(await pids()).to.deep.equal(before);
    killNine(await ownProcess(project, before['b']));
    const stateOf = async (): Promise<string | undefined> => {
      const { stdout } = await muster('status', '--json');
      return (JSON.parse(stdout) as { services: readonly Told[] }).services.find(({ name }) => name === 'b')?.state;
    };
    await until('its new policy is obeyed', async () => (await stateOf()) === 'failed');
  });

  it('F175: an env file has changed: only the services that read it restart', async () => {
    project.write('.env', 'A=1\n');
    const services = { reader: { ...sleeper, env_file: '.env' }, other: sleeper };
    await boot(services);
    const before = await pids();
    project.write('.env', 'A=2\n');
    await boot(services);
    const after = await pids();
    expect(after['other']).to.equal(before['other']);
    expect(after['reader']).not.to.equal(before['reader']);
  });
});
