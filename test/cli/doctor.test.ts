import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { readIdentity } from '../../lib/runtime/processes/read-identity.ts';
import { createProject, musterCommand, type Project, type RunResult, runMuster } from '../support/cli.ts';
import { asUser, canBeOthers, giveTo, musterLine, openPath, startShell } from '../support/outsiders.ts';
import { freePort, until } from '../support/procs.ts';
import { killNine, signalTo } from '../support/signals.ts';
import { expectNothingLeft, memoryOf } from '../support/stack-rig.ts';

type Told = { readonly code: string; readonly severity: string; readonly text: string; readonly mend: string | null };

describe('muster doctor', () => {
  let project: Project;
  let port: number;

  const muster = (...args: readonly string[]): Promise<RunResult> => runMuster(args, { cwd: project.folder });
  const examine = async (): Promise<{
    readonly ok: boolean;
    readonly code: number | null;
    readonly findings: readonly Told[];
  }> => {
    const { stdout, code } = await muster('doctor', '--json');
    return { ...(JSON.parse(stdout) as { readonly ok: boolean; readonly findings: readonly Told[] }), code };
  };
  const find = async (code: string): Promise<Told> => {
    const { findings } = await examine();
    const found = findings.find((finding) => finding.code === code);
    if (found === undefined) throw new Error(`no ${code} in ${JSON.stringify(findings)}`);
    return found;
  };
  const listen = "node -e \"require('net').createServer().listen(process.env.PORT, '127.0.0.1', () => console.log('up'))\"";
  const killSupervisor = (): void => killNine(memoryOf(project).supervisor);

  beforeEach(async () => {
    port = await freePort();
    project = createProject({ 'services.yaml': `services:\n  api:\n    command: ${listen}\n    port: ${port}\n` });
  });

  afterEach(async () => {
    await muster('down');
    await expectNothingLeft(project);
  });

  it('finds nothing where nothing is wrong, before a boot and while the stack runs, and exits with 0', async () => {
    expect(await muster('doctor')).to.include({ code: 0, stdout: 'nothing stands in the way of a boot\n', stderr: '' });
    await muster('up', '-d');
    expect(await examine()).to.deep.equal({ ok: true, code: 0, findings: [] });
  });

  it('F62: names the stranger on a port with pid, command, user and age, and what ends it; exits with 1', async () => {
    const stranger = startShell(project, `PORT=${port} exec ${listen}`);
    await until('the stranger listens', () => stranger.stdout().includes('up'));
    const held = await find('port-held');
    expect(held.severity).to.equal('error');
    expect(held.text).to.match(
      new RegExp(`^port ${port} of api is held by a stranger: pid ${stranger.pid} \\(node .*, user \\w+, since \\d`),
    );
    expect(held.mend).to.equal(`kill ${stranger.pid} (or muster up --force)`);
    expect((await muster('doctor')).code).to.equal(1);
    // Also where the file has mistakes of the machine.
    const services = `services:\n  api:\n    command: no-such-program\n    port: ${port}\n`;
    project.write('services.yaml', services);
    expect((await find('port-held')).text).to.equal(held.text);
    expect((await find('file-command-missing')).severity).to.equal('error');
    stranger.signal('SIGKILL');
    await stranger.exited;
  });

  it('F65: names the other project on a port, its folder and its service', async () => {
    await muster('up', '-d');
    const other = join(dirname(project.folder), 'other');
    mkdirSync(other);
    writeFileSync(join(other, 'services.yaml'), `services:\n  web:\n    command: sleep 1000\n    port: ${port}\n`);
    const { stdout, code } = await runMuster(['doctor'], { cwd: other });
    expect(code).to.equal(1);
    expect(stdout).to.contain(`port ${port} of web is held by service api of the project in ${project.folder}: pid `);
    expect(stdout).to.contain(`(cd '${project.folder}' && muster down)`);
  });

  it('what a killed supervisor left: the sockets, the orphans, the port; all of that stops no boot', async () => {
    await muster('up', '-d');
    const { pid } = memoryOf(project).running['api']?.process ?? { pid: 0 };
    killSupervisor();
    const { ok, findings } = await examine();
    expect(ok).to.equal(true);
    expect(findings.map(({ code }) => code)).to.include.members(['supervisor-killed', 'port-held', 'lock-stale']);
    // Each process once: with its port where it holds one.
    const ofApi = findings.filter(({ text }) => text.includes(`pid ${pid} `));
    expect(ofApi).to.have.length(1);
    expect(ofApi[0]).to.deep.include({ severity: 'warning', mend: 'muster recover (or muster down to end it)' });
    expect(ofApi[0]?.text).to.match(/^port \d+ of api is held by what an earlier run left/);
  });

  for (const signal of ['SIGABRT', 'SIGSEGV'] as const) {
    it(`F17: a supervisor that died of ${signal} is told, before and after another has taken over; services live on`, async () => {
      await muster('up', '-d');
      const { running, supervisor } = memoryOf(project);
      signalTo(supervisor, signal);
      await until('it is dead', () => readIdentity(supervisor?.pid ?? 0) === null);
      expect(await find('supervisor-killed')).to.include({ severity: 'warning' });
      expect(await muster('up', '-d')).to.include({ code: 0 });
      expect(memoryOf(project).running['api']?.process?.pid).to.equal(running['api']?.process?.pid);
      const crash = await find('supervisor-crashed');
      expect(crash).to.include({ severity: 'note', mend: null });
      expect(crash?.text).to.match(
        new RegExp(`^an earlier supervisor \\(pid ${supervisor?.pid}\\) did not end in order, as was found at `),
      );
    });
  }

  it('F17: that a supervisor died is old news after the next boot that began and ended in order', async () => {
    await muster('up', '-d');
    killSupervisor();
    await muster('up', '-d');
    await muster('down');
    expect(await find('supervisor-crashed')).to.include({ severity: 'note' });
    await muster('up', '-d');
    await muster('down');
    expect((await examine()).findings).to.deep.equal([]);
  });

  it('a boot that had nothing to start says so, and leaves nobody who would seem to have died', async () => {
    project.write('services.yaml', 'services: {}\n');
    const first = await muster('up');
    expect(first.code).to.equal(0);
    expect(first.stdout)
      .to.match(/: there is nothing to start$/m)
      .and.not.contain(' is up');
    expect(memoryOf(project).supervisor).to.equal(null);
    expect((await muster('up')).stdout).to.not.contain('previous supervisor');
    expect((await examine()).findings).to.deep.equal([]);
  });

  it('a program that is missing is told with the line of its file, and not once more as a service that has failed', async () => {
    project.write(
      'services.yaml',
      `services:\n  api: {command: ${JSON.stringify(listen)}, port: ${port}}\n  mail: {command: no-such-mail, optional: true}\n  bad: {command: exit 3, optional: true, restart: no}\n`,
    );
    await muster('up', '-d');
    const told = (await examine()).findings.filter(({ severity }) => severity === 'warning').map(({ text }) => text);
    expect(told).to.have.length(2);
    expect(told[0]).to.match(/program "no-such-mail" is not in PATH/);
    expect(told[1]).to.equal('bad (optional) has failed: exited with code 3');
  });

  it('says what check says of the file, also when it cannot be read at all or is not there', async () => {
    project.write('services.yaml', 'services:\n  api: { command: not-installed, cwd: gone, env_file: no.env }\n');
    const { findings, code } = await examine();
    expect(code).to.equal(1);
    expect(findings.map((finding) => finding.code)).to.include.members(['file-path-missing', 'file-env-file-missing']);
    project.write('services.yaml', 'services: [');
    expect((await examine()).findings[0]).to.include({ code: 'file-yaml-syntax', severity: 'error' });
    expect((await muster('-f', 'no.yaml', 'doctor')).stdout).to.match(/^✗ no\.yaml:1:1: file does not exist\n {2}mend: /);
  });

  it('the memory: damaged, open to others, of another folder, of a newer version; and nothing of it is touched', async () => {
    await muster('up', '-d');
    await muster('down');
    const file = project.path('.server_memory.json');
    chmodSync(file, 0o666);
    expect(await find('memory-open')).to.include({ severity: 'warning', mend: 'chmod 600 .server_memory.json' });
    const copy = join(dirname(project.folder), 'copy');
    spawnSync('cp', ['-a', project.folder, copy]);
    const told = JSON.parse((await runMuster(['doctor', '--json'], { cwd: copy })).stdout) as {
      readonly findings: readonly Told[];
    };
    expect(told.findings.map(({ code }) => code)).to.include('memory-foreign');
    writeFileSync(file, '{"half');
    expect((await find('memory-damaged')).text).to.match(/^\.server_memory\.json is .*: the next boot sets it aside/);
    expect(spawnSync('cat', [file], { encoding: 'utf8' }).stdout).to.equal('{"half');
    chmodSync(file, 0o600);
  });

  it('limits: too few files for so many services', async () => {
    const many = Array.from({ length: 60 }, (_, index) => `  s${index}: { command: sleep 1 }`).join('\n');
    project.write('services.yaml', `services:\n${many}\n`);
    const shell = startShell(project, `ulimit -n 100; ${musterLine()} doctor --json`);
    await shell.exited;
    const { findings } = JSON.parse(shell.stdout()) as { readonly findings: readonly Told[] };
    expect(findings.find(({ code }) => code === 'limit-files')).to.include({ severity: 'warning', mend: 'ulimit -n 1024' });
  });

  it('permissions: a folder that this user may not write to, and logs that others may', async function () {
    mkdirSync(project.path('logs'), { mode: 0o777 });
    chmodSync(project.path('logs'), 0o777);
    expect(await find('logs-open')).to.include({ severity: 'warning' });
    if (!canBeOthers()) this.skip();
    giveTo(project, 65534);
    chmodSync(project.path('logs'), 0o500);
    const shell = startShell(project, `${asUser(65534)} ${musterLine()} doctor --json`, { PATH: openPath });
    await shell.exited;
    const { findings } = JSON.parse(shell.stdout()) as { readonly findings: readonly Told[] };
    expect(findings.find(({ code }) => code === 'not-writable')).to.include({ severity: 'error' });
    giveTo(project, 0);
    chmodSync(project.path('logs'), 0o700);
  });

  it('S5, S-21: starts no process and connects to no network, whatever the file says', function () {
    if (spawnSync('strace', ['-V']).status !== 0) this.skip();
    project.write(
      'services.yaml',
      `services:\n  api: { command: "touch proof", port: ${port}, health_url: "http://127.0.0.1:${port}/", hooks: {} }\n  b: { command: x, health: { exec: "touch proof" } }\n`,
    );
    const trace = project.path('trace');
    const args = ['-f', '-qq', '-o', trace, '-e', 'trace=execve,connect', process.execPath, ...musterCommand(), 'doctor'];
    const base = dirname(project.folder);
    spawnSync('strace', args, {
      cwd: project.folder,
      env: { PATH: process.env.PATH, HOME: base, XDG_RUNTIME_DIR: join(base, 'run') },
    });
    const calls = spawnSync('cat', [trace], { encoding: 'utf8' }).stdout.split('\n');
    expect(calls.filter((call) => /execve\(.*= 0$/.test(call))).to.have.length(1);
    expect(calls.filter((call) => /connect\(/.test(call) && !/AF_UNIX/.test(call))).to.deep.equal([]);
  });
});
