import { mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import type { ProcessIdentity } from '../../lib/domain/process.ts';
import { createProcesses } from '../../lib/runtime/processes/create.ts';
import { createProject, type Project, type RunResult, runMuster } from '../support/cli.ts';
import { until } from '../support/procs.ts';
import { killNine } from '../support/signals.ts';
import { expectNothingLeft, memoryOf, program, readText, toYaml } from '../support/stack-rig.ts';

const rounds = 6;

/** Each has a runtime folder of its own, as a login, `su` and a cron job have. */
const sessions = ['login', 'other-login', 'su', 'cron'];

describe('up from sessions that have each their own runtime folder', () => {
  const { isAlive } = createProcesses();

  const createWatchedProject = (): Project => {
    const project = createProject({ 'witness/doubles': '' });
    const service = (name: string) => ({
      command: program('witness.sh'),
      env: { NAME: name, WITNESS: project.path('witness') },
      ready: { notify: true },
    });
    project.write('services.yaml', toYaml({ db: service('db'), api: { ...service('api'), depends_on: ['db'] } }));
    return project;
  };

  const muster = (project: Project, session: string, ...args: readonly string[]): Promise<RunResult> => {
    const folder = join(dirname(project.folder), session);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return runMuster(args, { cwd: project.folder, env: { XDG_RUNTIME_DIR: folder } });
  };
  const locksOf = (project: Project): readonly string[] =>
    readdirSync(project.folder).filter((name) => name.startsWith('.server_memory.json.lock-'));

  /** All at once; the one that owns the project then. */
  const upFromAll = async (project: Project, when: string): Promise<ProcessIdentity> => {
    const ends = await Promise.all(sessions.map((session) => muster(project, session, 'up', '-d')));
    const failed = ends.filter(({ code }) => code !== 0).map(({ code, stdout, stderr }) => `${code} ${stdout} ${stderr}`);
    expect(failed, when).to.deep.equal([]);
    expect(readText(project.path('witness', 'doubles')), `${when}: two of one service`).to.equal('');
    const base = dirname(project.folder);
    const owners = readdirSync(base, { recursive: true, encoding: 'utf8' })
      .filter((file) => /(^|\/)lock\.\d+$/.test(file))
      .map((file) => JSON.parse(readText(join(base, file))) as ProcessIdentity)
      .filter(isAlive);
    expect(owners, `${when}: owners`).to.have.length(1);
    const [owner] = owners;
    if (owner === undefined) throw new Error(`${when}: nobody owns it`);
    expect(memoryOf(project).supervisor, `${when}: the memory is of the one owner`).to.deep.equal(owner);
    return owner;
  };

  it(`F84, F85: ${rounds} rounds of ${sessions.length} at once, in a new project and after its owner was killed, have one owner, and start nothing twice`, async function () {
    this.timeout(rounds * 60_000);
    for (let round = 0; round < rounds; round += 1) {
      const project = createWatchedProject();
      const first = await upFromAll(project, `round ${round}`);
      const pids = Object.values(memoryOf(project).running).map(({ process: known }) => known?.pid);
      expect(locksOf(project), `round ${round}`).to.have.length(1);
      killNine(first);
      await until('the owner is gone', () => !isAlive(first));

      await upFromAll(project, `round ${round}, after the kill`);
      const now = Object.values(memoryOf(project).running).map(({ process: known }) => known?.pid);
      expect(now, `round ${round}: the same processes`).to.deep.equal(pids);
      expect(locksOf(project), `round ${round}, after the kill`).to.have.length(1);

      const down = await muster(project, sessions[round % sessions.length] ?? '', 'down');
      expect(down, `round ${round}: down from any session`).to.include({ code: 0 });
      expect(locksOf(project), `round ${round}: after down`).to.deep.equal([]);
      await expectNothingLeft(project);
    }
  });
});
