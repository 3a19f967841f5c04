import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { expect } from 'chai';
import { root } from '../house/project.ts';
import { createProject, type Project } from '../support/cli.ts';
import { freePort, isLiving, tsxPath, until } from '../support/procs.ts';
import { aStackIn, good, program, record, variablesOf } from './rig.ts';

describe('a program that is killed', function () {
  const children = new Set<ChildProcess>();

  afterEach(() => {
    for (const child of children) child.kill('SIGKILL');
    children.clear();
  });

  const define = (project: Project, port: number) =>
    aStackIn(project)
      .defineService('db', { command: program('listens.mjs'), port })
      .defineService('worker', { command: ['sleep', '600'], depends_on: ['db'] });

  /** Another process boots the same stack, and is killed when it is up. */
  const bootAndKill = async (project: Project, port: number): Promise<void> => {
    const [node = '', file = ''] = program('listens.mjs');
    project.write(
      'main.mts',
      `import { createStack } from ${JSON.stringify(path.join(root, 'lib/index.ts'))};
const stack = createStack({ name: 'shop', cwd: ${JSON.stringify(project.folder)} })
  .defineService('db', { command: [${JSON.stringify(node)}, ${JSON.stringify(file)}], port: ${port} })
  .defineService('worker', { command: ['sleep', '600'], depends_on: ['db'] });
const started = await stack.start();
console.log(started.ok ? 'up' : started.error.message);
`,
    );
    const child = spawn(process.execPath, ['--import', tsxPath, project.path('main.mts')], {
      cwd: project.folder,
      env: variablesOf(project),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.add(child);
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    const closed = new Promise((resolve) => child.once('close', resolve));
    await until('it has said something', () => output.includes('\n') || child.exitCode !== null);
    expect(output).to.equal('up\n');
    child.kill('SIGKILL');
    await closed;
  };

  it('leaves its services running, and the next one takes over what is well, as it is, and says so', async () => {
    const project = createProject();
    const port = await freePort();
    await bootAndKill(project, port);
    const stack = define(project, port);
    const { state } = good(await stack.state.read());
    const pids = ['db', 'worker'].map((name) => state.running[name]?.process?.pid ?? 0);
    expect(pids.map(isLiving)).to.deep.equal([true, true]);
    const told = record(stack);
    const { snapshot } = good(await stack.start());
    expect(snapshot.services.map(({ pid }) => pid)).to.deep.equal(pids);
    const adopted = told.flatMap((event) => (event.type === 'serviceAdopted' ? [`${event.service} ${event.pid}`] : []));
    expect(adopted).to.have.members([`db ${pids[0]}`, `worker ${pids[1]}`]);
    expect(told.map(({ type }) => type)).not.to.include('serviceStarted');
    expect(told.filter(({ type }) => type === 'serviceReady')).to.have.length(2);
    good(await stack.stop());
    expect(pids.map(isLiving)).to.deep.equal([false, false]);
  });

  it('and with `fresh` the next one ends what is left, which are orphans then, and begins anew', async () => {
    const project = createProject();
    const port = await freePort();
    await bootAndKill(project, port);
    const stack = define(project, port);
    const { orphans } = good(await stack.orphans.find());
    expect(orphans.map(({ service }) => service)).to.have.members(['db', 'worker']);
    const told = record(stack);
    const { snapshot } = good(await stack.start([], { fresh: true }));
    const old = orphans.map(({ pid }) => pid);
    expect(old.some(isLiving)).to.equal(false);
    expect(snapshot.services.some(({ pid }) => old.includes(pid ?? 0))).to.equal(false);
    expect(told.filter(({ type }) => type === 'orphanKilled')).to.have.length(2);
  });
});

describe('a program with several stacks', function () {
  it('has each in a folder of its own, one beside the other, and no warning about its listeners', async () => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error): void => void warnings.push(warning);
    process.on('warning', onWarning);
    try {
      const stacks = Array.from({ length: 12 }, () =>
        aStackIn(createProject()).defineService('a', { command: ['sleep', '600'] }),
      );
      const results = await Promise.all(stacks.map((stack) => stack.start()));
      for (const result of results) good(result);
      for (const stack of stacks) good(await stack.close());
      expect(warnings.map(String)).to.deep.equal([]);
    } finally {
      process.off('warning', onWarning);
    }
  });
});
