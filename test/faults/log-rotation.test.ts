import { expect } from 'chai';
import { projectId } from '../../lib/runtime/identity.ts';
import { createProcesses } from '../../lib/runtime/processes/create.ts';
import { backgroundVariable } from '../../lib/supervisor/addresses.ts';
import { type Canaries, startCanaries } from '../support/canaries.ts';
import { createProject, type Project, type RunResult, runMuster, startMuster } from '../support/cli.ts';
import { bases, readWhole } from '../support/log-files.ts';
import { isLiving, until } from '../support/procs.ts';
import { expectNothingLeft, memoryOf, program, readText, toYaml } from '../support/stack-rig.ts';
import { canTrace, type FileCall, killedAt, killedAtFile } from '../support/strace.ts';

const lines = 40_000;

/** What the service has written when it has written everything. */
const everything = `${Array.from({ length: lines }, (_, index) => index + 1).join('\n')}\ndone\n`;

type Step = { readonly title: string; readonly through: (project: Project) => readonly string[] };

const atFile = (title: string, suffix: string, kind: FileCall, nth: number): Step => ({
  title,
  through: (project) => killedAtFile(project.path('logs', `flood.log${suffix}`), kind, nth),
});

const steps: readonly Step[] = [
  atFile('before there is a copy of the front', '.rotating', 'open', 1),
  atFile('before the first byte of the copy', '.rotating', 'write', 1),
  atFile('before the copy is on the disk', '.rotating', 'datasync', 1),
  // The first process is the service, the second the one that takes the front out.
  { title: 'before the front is taken out', through: () => killedAt('fork', 2) },
  atFile('when the front is taken out, before its copy has its name', '.rotating', 'rename', 1),
  atFile('before the older one makes room for it', '.1', 'rename', 1),
  { title: 'before the next front is taken out', through: () => killedAt('fork', 4) },
  atFile('at its third copy', '.rotating', 'datasync', 3),
];

describe('the supervisor is killed with -9 while it rotates a log', () => {
  let canaries: Canaries;
  let project: Project;
  const muster = (...args: readonly string[]): Promise<RunResult> => runMuster(args, { cwd: project.folder });
  const markedPids = async (): Promise<readonly number[]> =>
    (await createProcesses().findMarked(projectId(project.folder))).map(({ identity }) => identity.pid);
  const log = (): string => project.path('logs', 'flood.log');

  before(async () => {
    canaries = await startCanaries({ program: 'floods.mjs' });
  });
  after(() => canaries.stop());

  /** A project whose logs are on this file system. */
  const createProjectBelow = (base: string): Project => {
    const { TMPDIR } = process.env;
    process.env.TMPDIR = base;
    try {
      return createProject({
        'services.yaml': toYaml({
          flood: {
            command: program('floods.mjs'),
            env: { LINES: String(lines), PAUSE: '30', STAY: '1' },
            log: { max_size: '32KB', keep: 100 },
          },
        }),
      });
    } finally {
      if (TMPDIR === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = TMPDIR;
    }
  };

  for (const base of bases()) {
    for (const { title, through } of steps) {
      it(`F11: ${title}, below ${base}: each line is there once, and the next up goes on with everything`, async function () {
        if (!canTrace()) this.skip();
        project = createProjectBelow(base);
        const env = { [backgroundVariable]: '1', UV_THREADPOOL_SIZE: '1' };
        const supervisor = startMuster(['up'], { cwd: project.folder, env, through: through(project) });
        const { signal, code, stderr } = await supervisor.done;
        expect(signal === 'SIGKILL' || code === 137, `${code} ${signal} ${stderr}`).to.equal(true);
        const [pid = 0, ...others] = await markedPids();
        expect(others, 'I2: it runs once').to.deep.equal([]);
        expect(isLiving(pid), 'and lives on').to.equal(true);

        const up = await muster('up', '-d');
        expect(up.code, `${up.stdout}${up.stderr}`).to.equal(0);
        expect(await markedPids(), 'I2: the same process, and no other').to.deep.equal([pid]);
        const status = JSON.parse((await muster('status', '--json')).stdout) as { services: { state: string; pid: number }[] };
        expect(
          status.services.map((service) => [service.state, service.pid]),
          'I6, I7',
        ).to.deep.equal([['ready', pid]]);
        expect(memoryOf(project).running.flood?.process?.pid, 'I4').to.equal(pid);

        await until('it has written everything', () => readText(log()).endsWith('\ndone\n'));
        await until('the log is within its limit', () => readText(`${log()}.2`) !== '');
        const shown = await muster('logs', 'flood', '--raw', '-n', String(2 * lines));
        expect(shown.code, shown.stderr).to.equal(0);
        expectLines(shown.stdout, 'I5: as it is shown');
        const { supervisor: last } = memoryOf(project);
        const down = await muster('down');
        expect(down.code, down.stderr).to.equal(0);
        // A rotation that is under way is finished after the answer.
        await until('the supervisor has ended', () => last !== null && !createProcesses().isAlive(last), 60_000);
        await expectNothingLeft(project);
        expectLines(readWhole(log()), 'I5: as it is in the files');
        canaries.assertUnhurt();
      });
    }
  }

  /** A difference of half a megabyte says nothing. */
  const expectLines = (text: string, what: string): void => {
    const [found, wanted] = [text.split('\n'), everything.split('\n')];
    const at = wanted.findIndex((line, index) => found[index] !== line);
    expect(found.slice(Math.max(0, at), at + 2), `${what}, from line ${at + 1}`).to.deep.equal(
      wanted.slice(Math.max(0, at), at + 2),
    );
    expect(found.length, what).to.equal(wanted.length);
  };
});
