import { chmodSync, existsSync, readdirSync } from 'node:fs';
import { expect } from 'chai';
import { loadStack } from '../../lib/config/load.ts';
import { createProject, runMuster } from '../support/cli.ts';
import { expectNothingLeft, readText, toYaml } from '../support/stack-rig.ts';

/** Each would leave a file behind if a shell got to see it. */
const hostile: readonly string[] = [
  '$(touch pwned)',
  '`touch pwned`',
  '; touch pwned',
  '&& touch pwned',
  '| touch pwned',
  '\n touch pwned\n',
  "'; touch pwned; '",
  '"; touch pwned; "',
  '$${IFS}touch$${IFS}pwned',
  '> pwned',
  '--version',
  '\\\ntouch pwned',
];

/** Programs of the system that muster asks things of. */
const helpers = ['ps', 'ss', 'lsof', 'fallocate', 'git', 'sh', 'open', 'xdg-open', 'getconf', 'kill', 'pgrep', 'tail', 'nice'];

describe('what a stack file says', () => {
  it('S-22: is told in one line before the first boot of it runs anything, and not again', async function () {
    const project = createProject({
      'services.yaml': toYaml({ db: { command: 'sleep 600' }, task: { command: 'true', type: 'task' } }),
    });
    const lines = async (): Promise<string[]> => {
      const { stdout, stderr } = await runMuster(['up', '-d'], { cwd: project.folder });
      const said = `${stdout}${stderr}`.split('\n').filter((line) => line.includes('first boot of'));
      await runMuster(['down'], { cwd: project.folder });
      return said.map((line) => line.slice(line.indexOf('first boot of')));
    };
    expect(await lines()).to.deep.equal(['first boot of services.yaml: 2 commands, no ports; ends nothing that is not ours']);
    expect(await lines()).to.deep.equal([]);
    await expectNothingLeft(project);
  });

  it(`S-31: ${hostile.length} words that a shell would act upon arrive as they are, in arguments, variables and labels`, async () => {
    const project = createProject();
    const show = 'process.stdout.write(JSON.stringify([process.argv.slice(1), process.env.WORD]) + "\\n")';
    const services = Object.fromEntries(
      hostile.map((word, index) => [
        `s${index}`,
        { type: 'task', label: word, command: [process.execPath, '-e', show, '--', word], env: { WORD: word } },
      ]),
    );
    project.write('services.yaml', toYaml(services));
    const { code, stderr } = await runMuster(['run', '--', process.execPath, '-e', '0'], { cwd: project.folder });
    expect(code, stderr).to.equal(0);
    for (const [index, word] of hostile.entries()) {
      const plain = word.replaceAll('$$', '$');
      expect(readText(project.path('logs', `s${index}.log`)), word).to.equal(`${JSON.stringify([[plain], plain])}\n`);
    }
    expect(readdirSync(project.folder).filter((name) => name.includes('pwned'))).to.deep.equal([]);
    await expectNothingLeft(project);
  });

  it('S-31: names and names of ports that a shell would act upon are refused', async () => {
    const project = createProject();
    for (const word of hostile) {
      project.write('services.yaml', toYaml({ [word]: { command: 'true' }, api: { command: 'true', ports: { [word]: 3000 } } }));
      const { stack, diagnostics } = await loadStack({
        file: 'services.yaml',
        cwd: project.folder,
        environment: 'development',
        profiles: [],
        only: [],
        facts: { uid: 1000, firstFreePort: 1024 },
        env: { PATH: '/usr/bin:/bin' },
      });
      expect(stack, word).to.equal(null);
      const errors = diagnostics.filter(({ severity }) => severity === 'error');
      expect(errors.length, `${word}: ${errors.map(({ message }) => message).join('; ')}`).to.be.at.least(2);
    }
  });

  it('S-32: programs of the names that muster asks the system by are not run from the project, wherever PATH begins', async function () {
    const project = createProject({
      'services.yaml': toYaml({
        api: { command: [process.execPath, '-e', 'setInterval(() => {}, 1e6)'], watch: 'src' },
        flood: {
          command: [process.execPath, '-e', 'process.stdout.write("x".repeat(200000)); setInterval(() => {}, 1e6)'],
          log: { max_size: '32KB' },
        },
      }),
      'src/a.txt': 'a',
    });
    for (const folder of ['bin', 'node_modules/.bin', '.'])
      for (const helper of helpers) {
        project.write(`${folder}/${helper}`, `#!/bin/sh\necho "${helper} $*" >> '${project.path('witness')}'\n`);
        chmodSync(project.path(folder, helper), 0o755);
      }
    const env = { PATH: `.:${project.path('bin')}:${project.path('node_modules/.bin')}:/usr/bin:/bin` };
    for (const words of [['up', '-d'], ['status'], ['doctor'], ['ls'], ['stats'], ['down']]) {
      const { code, stdout, stderr } = await runMuster(words, { cwd: project.folder, env });
      // Doctor has something to say of folders in PATH, perhaps: what counts is who was run.
      if (words[0] !== 'doctor') expect(code, `${words.join(' ')}: ${stdout}${stderr}`).to.equal(0);
    }
    expect(existsSync(project.path('witness')), readText(project.path('witness'))).to.equal(false);
    await expectNothingLeft(project);
  });
});
