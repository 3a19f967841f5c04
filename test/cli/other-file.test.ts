import { renameSync, symlinkSync } from 'node:fs';
import { expect } from 'chai';
import { createProject, type Project, runMuster } from '../support/cli.ts';
import { killNine } from '../support/signals.ts';
import { memoryOf, toYaml } from '../support/stack-rig.ts';
import { hasTerminals, openTerminal } from '../support/terminal.ts';

const runs = { command: ['sleep', '1000'] };

/** The services that run, by the folder alone. */
const runningIn = async ({ folder }: Project): Promise<readonly string[]> => {
  const { stdout } = await runMuster(['status', '--json'], { cwd: folder });
  const { services = [] } = JSON.parse(stdout) as { services?: { name: string; state: string }[] };
  return services.filter(({ state }) => state === 'ready').map(({ name }) => name);
};

describe('two stack files in one folder', () => {
  let project: Project;
  const muster = (...args: readonly string[]) => runMuster(args, { cwd: project.folder });

  beforeEach(async () => {
    project = createProject({ 'services.yaml': toYaml({ db: runs, api: runs }), 'b.yaml': toYaml({ web: runs }) });
    expect((await muster('up', '-d')).code).to.equal(0);
  });

  const told = 'what runs in this folder is services.yaml, and not b.yaml';

  it('"up" of the other one ends nothing without being told to', async () => {
    for (const args of [['up', '-d'], ['up', '-d', '--fresh'], ['up']]) {
      const { code, stderr } = await muster('-f', 'b.yaml', ...args);
      expect([code, stderr]).to.deep.equal([
        2,
        `muster up: ${told}; a folder has one stack at a time: "muster -f services.yaml down" first, or --yes to put the other in its place\n`,
      ]);
    }
    expect(await runningIn(project)).to.deep.equal(['db', 'api']);
    const { code, stderr } = await muster('-f', 'b.yaml', 'up', '-d', '--yes');
    expect([code, stderr]).to.deep.equal([0, `muster up: ${told}; a folder has one stack at a time\n`]);
    expect(await runningIn(project)).to.deep.equal(['web']);
    // The other way round, where it is the default one that is meant.
    expect((await muster('up', '-d')).stderr).to.include('what runs in this folder is b.yaml, and not services.yaml');
    expect((await muster('-f', 'b.yaml', 'restart', 'web')).code).to.equal(0);
  });

  it('"up" of the other one asks where somebody is there', async function () {
    if (!hasTerminals()) this.skip();
    for (const [answer, code, then] of [
      ['n', 2, ['db', 'api']],
      ['y', 0, ['web']],
    ] as const) {
      const terminal = await openTerminal(project, ['-f', 'b.yaml', 'up', '-d']);
      await terminal.shows(/Switch\? \[y\/N\]/);
      terminal.type(`${answer}\r`);
      expect(await terminal.exited, terminal.text()).to.equal(code);
      expect(await runningIn(project)).to.deep.equal(then);
    }
  });

  it('what looks at it says whose it is', async () => {
    for (const args of [['status'], ['why', 'db'], ['logs']]) {
      const { code, stderr } = await muster('-f', 'b.yaml', ...args);
      expect([code, stderr], args[0]).to.deep.equal([0, `muster ${args[0]}: ${told}\n`]);
    }
    expect((await muster('-f', 'b.yaml', 'plan')).stderr).to.equal(`muster: ${told}\n`);
  });

  it('what changes it is refused, with what to type', async () => {
    for (const args of [['down'], ['down', 'db'], ['stop'], ['restart', 'db'], ['start'], ['recover']]) {
      const { code, stderr } = await muster('-f', 'b.yaml', ...args);
      const line = args.join(' ');
      const next = `"muster -f services.yaml ${line}" is about that one`;
      expect([code, stderr], line).to.deep.equal([2, `muster ${args[0]}: ${told}; ${next}\n`]);
    }
    const { code, stderr } = await muster('-f', 'b.yaml', 'run', '--', 'true');
    expect([code, stderr]).to.deep.equal([5, `muster run: ${told}; "muster -f services.yaml down" first\n`]);
    expect(await runningIn(project)).to.deep.equal(['db', 'api']);
  });

  it('what a killed supervisor has left is of its file, too', async () => {
    killNine(memoryOf(project).supervisor);
    expect((await muster('-f', 'b.yaml', 'down')).stderr).to.equal(
      `muster down: ${told}; "muster -f services.yaml down" is about that one\n`,
    );
    expect((await muster('-f', 'b.yaml', 'up', '-d')).code).to.equal(2);
    expect((await muster('-f', 'b.yaml', 'run', '--', 'true')).stderr).to.equal(
      `muster run: ${told}; "muster -f services.yaml down" first\n`,
    );
    expect((await muster('up', '-d')).code).to.equal(0);
    expect(await runningIn(project)).to.deep.equal(['db', 'api']);
    // Of the other one, once it has taken the place.
    expect((await muster('-f', 'b.yaml', 'up', '-d', '--yes')).code).to.equal(0);
    killNine(memoryOf(project).supervisor);
    expect((await muster('-f', 'services.yaml', 'down')).code).to.equal(2);
    expect((await muster('-f', 'b.yaml', 'down')).code).to.equal(0);
  });

  it('"env" and "exec" take no address of another stack', async () => {
    const { code, stderr } = await muster('-f', 'b.yaml', 'exec', 'web', '--', 'true');
    expect([code, stderr]).to.deep.equal([0, `muster: the addresses are those that are planned: ${told}\n`]);
  });

  it('a file is the same by each of its names', async () => {
    symlinkSync('services.yaml', project.path('link.yaml'));
    const linked = await muster('-f', './link.yaml', 'restart', 'db');
    expect([linked.code, linked.stderr]).to.deep.equal([0, '']);
    renameSync(project.path('services.yaml'), project.path('renamed.yaml'));
    const renamed = await muster('-f', 'renamed.yaml', 'down');
    expect([renamed.code, renamed.stderr]).to.deep.equal([0, '']);
  });
});
