import { expect } from 'chai';
import { createProject, type Project, runMuster } from '../support/cli.ts';
import { isLiving, until } from '../support/procs.ts';
import {
  expectNothingLeft,
  memoryOf,
  program,
  readText,
  type Services,
  startStack,
  toYaml,
  type Up,
} from '../support/stack-rig.ts';

const say = (words: string): string => `echo ${words} >> "$$PWD/journal"`;

/** Writes down its SIGTERM, and ends when there is a file `go`. */
const slow = (title: string): string =>
  `trap '${say('asked api')}; while [ ! -e go ]; do sleep 0.02; done; exit 0' TERM; : ${title}; while :; do sleep 0.02; done`;

// api ─► db
const stackOf = (title: string): Services => ({
  db: {
    command: program('journals.sh'),
    env: { NAME: 'db', JOURNAL: 'journal' },
    ready: { notify: true },
    stop: { command: `${say('command db')}; kill $$MAINPID` },
    hooks: { before_stop: say('before_stop db'), after_stop: say('after_stop db') },
  },
  api: { command: slow(title), stop: { timeout: '10m' }, depends_on: ['db'] },
});

describe('`up` is interrupted while it ends what a killed supervisor had left', () => {
  let project: Project;
  const journal = (): readonly string[] => readText(project.path('journal')).split('\n').filter(Boolean);

  /** Its supervisor was killed, `api` is another by now, and the next `up` waits for the old one to end. */
  const waitForGrace = async (): Promise<Up> => {
    project = createProject({ 'services.yaml': toYaml(stackOf('before')) });
    const first = await runMuster(['up', '-d'], { cwd: project.folder });
    expect(first.code, first.stderr).to.equal(0);
    const supervisor = memoryOf(project).supervisor?.pid ?? -1;
    process.kill(supervisor, 'SIGKILL');
    await until('the supervisor is gone', () => !isLiving(supervisor));
    const up = startStack(stackOf('after'), { project });
    await until('api was asked to end', () => journal().includes('asked api'));
    up.muster.signal('SIGINT');
    await up.event('stackStopping');
    return up;
  };

  it('F10: what goes on is stopped in order when the rest is gone, with its stop command and its hooks', async () => {
    const up = await waitForGrace();
    expect(journal()).to.deep.equal(['+ db', 'asked api']);
    project.write('go', '');
    expect((await up.ended()).code).to.equal(130);
    expect(journal().slice(2)).to.deep.equal(['before_stop db', 'command db', '- db', 'after_stop db']);
    expect(memoryOf(project).supervisor).to.equal(null);
    expect(memoryOf(project).history.runs.at(-1)?.outcome).to.equal('interrupted');
  });

  it('F10: who is in a hurry does not wait for the rest, and what goes on gets its signal all the same', async () => {
    const up = await waitForGrace();
    up.muster.signal('SIGINT');
    expect((await up.ended()).code).to.equal(130);
    expect(journal()).to.include('- db');
    await expectNothingLeft(project);
  });
});
