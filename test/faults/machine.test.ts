import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { cpus, getPriority, setPriority } from 'node:os';
import { expect } from 'chai';
import { createGate } from '../../lib/util/gate.ts';
import { createProject, type Project, runMuster } from '../support/cli.ts';
import {
  asUser,
  canBeOthers,
  giveTo,
  musterLine,
  openPath,
  type Shell,
  startShell,
  startStranger,
} from '../support/outsiders.ts';
import { freePort, isLiving, until } from '../support/procs.ts';
import { startHttp } from '../support/servers.ts';
import { killNine, ownProcess } from '../support/signals.ts';
import { bootStack, expectNothingLeft, memoryOf, program, type Services, told, toYaml } from '../support/stack-rig.ts';

/** Whether a new namespace of mounts, or of the network, can be had here. */
const can = (...words: readonly string[]): boolean => spawnSync('unshare', [...words, 'true']).status === 0;

/** Boots inside something that a shell has made around it; `line` has `MUSTER` where it is called. */
const bootInside = async (
  line: string,
  services: Services,
  env: Readonly<Record<string, string>> = {},
  prepare: (project: Project) => void = () => undefined,
): Promise<{ readonly project: Project; readonly shell: Shell; readonly end: () => Promise<void> }> => {
  const project = createProject({ 'services.yaml': toYaml(services) });
  prepare(project);
  const shell = startShell(project, line.replace('MUSTER', `${musterLine()} up --json`), env);
  await until(
    'the boot has settled',
    () => /"type":"stack(Ready|Degraded|Failed)"/.test(shell.stdout()) || /muster:/.test(shell.stderr()),
  );
  return {
    project,
    shell,
    end: async () => {
      shell.signal('SIGTERM');
      await shell.exited;
      await expectNothingLeft(project);
    },
  };
};

const eventsOf = (shell: Shell, type: string): readonly Record<string, unknown>[] =>
  shell
    .stdout()
    .split('\n')
    .filter((line) => line.includes(`"type":"${type}"`))
    .map((line) => JSON.parse(line) as Record<string, unknown>);

const listening = { command: program('listens.mjs'), port: 'auto' };

describe('the limits of the machine', () => {
  it('F55: where /proc hides the processes of others, the holder of a port is unknown, said so, and not touched', async function () {
    // A mount of its own: to remount the one that is there would hide everything from everybody else too.
    const hide = 'mount -t proc -o hidepid=2 proc /proc';
    if (!canBeOthers() || spawnSync('unshare', ['-m', 'sh', '-c', hide]).status !== 0) this.skip();
    const port = await freePort();
    const stranger = await startStranger('listens.mjs', { PORT: String(port) }, /listening/);
    const { shell, end } = await bootInside(
      `exec unshare -m sh -c '${hide} && exec ${asUser(64_155)} ${musterLine().replaceAll("'", '')} up --json'`,
      { web: { ...listening, port, restart: 'no' } },
      { PATH: openPath },
      (project) => giveTo(project, 64_155),
    );
    expect(shell.stdout(), shell.stderr()).to.match(/"type":"stackFailed"/);
    expect(shell.stdout()).to.match(new RegExp(`port ${port} is held by [^"]*(uid 0|root)`));
    await end();
    expect(isLiving(stranger.pid)).to.equal(true);
  });

  it('F126: a service that deletes its own folder is told by that folder, and not by its command', async () => {
    const up = await bootStack(
      { api: { command: ['sh', '-c', 'rm -r "$PWD"; exit 1'], cwd: 'sub', restart: { delay: '20ms', max: 1 } } },
      { files: { 'sub/file': '' } },
    );
    const { reason } = await up.event('serviceFailed', 'api');
    expect(reason, told(up)).to.match(/working directory .*sub does not exist/);
    await up.stop();
  });

  it('F141: a probe that would pass, answered by a stranger, does not keep a dead process alive', async () => {
    // Nobody's port, which may answer for it; here not before it has ended.
    const { opened: gone, open: tellGone } = createGate();
    const stranger = await startHttp((_, response) => void gone.then(() => response.end('well')));
    const up = await bootStack({
      api: { command: 'sh -c "exit 4"', health_url: `http://127.0.0.1:${stranger.port}/`, restart: 'no' },
    });
    const { reason } = await up.event('serviceFailed', 'api');
    tellGone();
    await up.stop();
    await stranger.close();
    expect(reason).to.match(/exited with code 4/);
    expect(up.order('serviceReady')).to.deep.equal([]);
  });

  it('F153: no memory for a new process: that start fails with the reason, the others run on, and it works again', async function () {
    if (spawnSync('strace', ['-qq', '-o', '/dev/null', 'true']).status !== 0) this.skip();
    const up = await bootStack({
      db: { command: 'sleep 600' },
      api: {
        command: program('journals.sh'),
        ready: { notify: true },
        restart: { delay: '200ms', max_delay: '200ms', max: 200 },
      },
    });
    const { pid: db } = await up.event('serviceReady', 'db');
    const { pid } = await up.event('serviceReady', 'api');
    const forks = 'fork,vfork,clone,clone3';
    const attached = startShell(
      up.project,
      `exec strace -f -p ${up.muster.pid} -o /dev/null -e trace=${forks} -e inject=${forks}:error=ENOMEM`,
    );
    await until('strace is attached', () => attached.stderr().includes('attached'));
    killNine(await ownProcess(up.project, pid));
    const tried = await up.event('serviceRestarting', 'api', ({ attempt = 0, reason }) => attempt > 1 && reason !== null);
    // Gently, so that it takes its hands off what it holds.
    attached.signal('SIGINT');
    await attached.exited;
    expect(tried.reason, told(up)).to.match(/memory/);
    await up.event('serviceReady', 'api', ({ attempt = 0 }) => attempt > 1);
    expect(isLiving(db ?? 0)).to.equal(true);
    await up.stop();
  });

  it('F154: a full disk under the logs is the affair of the service; muster runs on, and remembers', async function () {
    const mount = 'mount -t tmpfs -o size=64k tmpfs logs';
    if (!can('-m')) this.skip();
    const { project, shell, end } = await bootInside(
      `mkdir logs; exec unshare -m sh -c '${mount} && exec ${musterLine().replaceAll("'", '')} up --json'`,
      { loud: { command: ['sh', '-c', 'head -c 200000 /dev/zero; echo ready > said; exec sleep 600'], ready: { file: 'said' } } },
    );
    expect(eventsOf(shell, 'stackReady'), shell.stdout() + shell.stderr()).to.have.length(1);
    await end();
    expect(memoryOf(project).history.runs).to.have.length(1);
  });

  it('F159: at nice 19 beside a busy loop for each core, it goes on asking, and misses no answer', async () => {
    const up = await bootStack({
      web: {
        command: program('counts-requests.mjs'),
        port: 'auto',
        health: { http: 'http://127.0.0.1:${web.port}/', interval: '50ms', timeout: '30s', retries: 1 },
      },
    });
    await up.event('serviceReady', 'web');
    // The service, which is there already, keeps its place in the queue.
    const threads = readdirSync(`/proc/${up.muster.pid}/task`).map(Number);
    for (const thread of threads) setPriority(thread, 19);
    const burners: ChildProcess[] = [];
    const asked = (): number => (up.log('web').match(/asked/g) ?? []).length;
    try {
      for (const _ of cpus()) burners.push(spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }));
      const before = asked();
      await until('it was asked forty times', () => asked() >= before + 40, 200_000);
      expect(threads.map((thread) => getPriority(thread))).to.deep.equal(threads.map(() => 19));
      expect(told(up)).not.to.match(/"type":"(?:serviceUnhealthy|healthChanged)"/);
    } finally {
      for (const burner of burners) burner.kill('SIGKILL');
    }
    await up.stop();
  });

  it('F161: without any network but the loopback it works as ever', async function () {
    if (!can('-n')) this.skip();
    const { shell, end } = await bootInside(
      `exec unshare -n sh -c 'ip link set lo up && exec ${musterLine().replaceAll("'", '')} up --json'`,
      { web: listening, api: { ...listening, depends_on: ['web'] } },
    );
    expect(eventsOf(shell, 'stackReady'), shell.stdout() + shell.stderr()).to.have.length(1);
    await end();
  });

  it('F121: a service that is killed is said to be killed, and nobody guesses why', async () => {
    const up = await bootStack({ api: { command: 'sleep 600', restart: 'no' } });
    const { pid } = await up.event('serviceReady', 'api');
    killNine(await ownProcess(up.project, pid));
    const { reason } = await up.event('serviceFailed', 'api');
    expect(reason).to.equal('was ended by SIGKILL');
    await up.stop();
  });

  it('F189: what a service says on stdout and on stderr stands in its log in the order in which it was said', async () => {
    const loop = 'i=0; while [ $i -lt 500 ]; do echo o$i; echo e$i >&2; i=$((i+1)); done';
    const up = await bootStack({ api: { command: loop, type: 'task' } });
    await up.stop();
    const expected = Array.from({ length: 500 }, (_, index) => `o${index}\ne${index}\n`).join('');
    expect(up.log('api')).to.equal(expected);
  });

  it('F23, S-19: signals that mean nothing change nothing, and SIGUSR1 opens no debugger', async () => {
    const up = await bootStack({ api: { command: 'sleep 600' } });
    for (const signal of ['SIGUSR1', 'SIGUSR2', 'SIGPIPE', 'SIGALRM', 'SIGWINCH'] as const) up.muster.signal(signal);
    const { code, stdout } = await runMuster(['status', '--json'], { cwd: up.project.folder });
    expect([code, (JSON.parse(stdout) as { services: { state: string }[] }).services[0]?.state]).to.deep.equal([0, 'ready']);
    expect(told(up)).not.to.match(/[Dd]ebugger/);
    expect((await up.stop()).code).to.equal(143);
  });
});
