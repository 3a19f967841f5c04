import { existsSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { createStack, fromFile } from '../../lib/index.ts';
import { createProject, runMuster } from '../support/cli.ts';
import { until } from '../support/procs.ts';
import { aStackIn, bad, closeLater, good, pidOf, program, record, shop, variablesOf } from './rig.ts';

describe('a stack of a program beside files, the command and other supervisors', () => {
  it('boots a file in the environment and with the profiles that the program asks for', async () => {
    const project = createProject({
      'services.yaml': `services:
  a: {command: sleep 600}
  b: {command: sleep 600, profiles: [debug]}
environments:
  test: {services: {a: {label: tested}}}
`,
    });
    const place = { cwd: project.folder, variables: variablesOf(project), environment: 'test', profiles: ['debug'] };
    const stack = closeLater(createStack(fromFile('services.yaml', place)));
    const { snapshot } = good(await stack.start());
    expect(snapshot.environment).to.equal('test');
    expect(snapshot.services.map(({ name, label }) => `${name} ${label}`)).to.deep.equal(['a tested', 'b b']);
    const { stdout } = await runMuster(['status'], { cwd: project.folder });
    expect(stdout).to.contain('(test)');
  });

  it('boots a services.yaml, and follows its edits', async () => {
    const services = (more: string): string => `services:\n  a:\n    command: node ${program('listens.mjs')[1]}\n${more}`;
    const project = createProject({ 'services.yaml': services('') });
    const stack = closeLater(createStack(fromFile('services.yaml', { cwd: project.folder, variables: variablesOf(project) })));
    good(await stack.start());
    project.write('services.yaml', services('  b: {command: sleep 100}\n'));
    const { snapshot } = good(await stack.reload());
    expect(snapshot.services.map(({ name }) => name)).to.deep.equal(['a', 'b']);
    expect(stack.toText()).to.equal(null);
  });

  it('can be seen and steered by the command, which cannot change what a program has defined', async () => {
    const project = createProject();
    const stack = shop(aStackIn(project));
    const told = record(stack);
    good(await stack.start());
    const status = await runMuster(['status', '--json'], { cwd: project.folder });
    expect(status.stderr).to.equal('');
    expect(JSON.parse(status.stdout)).to.have.nested.property('services[0].state', 'ready');
    await until('its logs are shown', async () =>
      /^listening on \d+/m.test((await runMuster(['logs', 'api'], { cwd: project.folder })).stdout),
    );
    const pid = await pidOf(stack, 'api');
    expect((await runMuster(['restart', 'api'], { cwd: project.folder })).code).to.equal(0);
    expect(await pidOf(stack, 'api')).not.to.equal(pid);
    project.write('services.yaml', 'services: {a: {command: sleep 100}}\n');
    const up = await runMuster(['up'], { cwd: project.folder });
    expect(up.stdout + up.stderr).to.contain(`defined by a program (pid ${process.pid})`);
    expect(up.code).not.to.equal(0);
    const down = await runMuster(['down'], { cwd: project.folder });
    expect(down.code, down.stderr).to.equal(0);
    await until('the program has heard of it', () => told.some(({ type }) => type === 'stackStopped'));
    expect(good(await stack.status()).snapshot.services.map(({ state }) => state)).to.deep.equal(['idle', 'idle']);
  });

  it('is refused while another supervisor has the folder, which is named', async () => {
    const project = createProject();
    good(await shop(aStackIn(project)).start());
    const error = bad(await shop(aStackIn(project)).start());
    expect(error).to.include({ kind: 'held', message: 'the stack of this folder is supervised by this very process' });
  });

  it('leaves the signals and the exit of the process alone', async () => {
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'uncaughtException', 'unhandledRejection', 'exit'] as const;
    const count = (): number[] => signals.map((signal) => process.listenerCount(signal));
    const before = count();
    const stack = shop();
    good(await stack.start());
    expect(count()).to.deep.equal(before);
    good(await stack.close());
    expect(count()).to.deep.equal(before);
    expect(bad(await stack.start()).kind).to.equal('closed');
  });

  it('sets aside a damaged memory, says so, and boots', async () => {
    const project = createProject({ '.server_memory.json': '{"half":' });
    const stack = shop(aStackIn(project));
    const told = record(stack);
    good(await stack.start());
    const warning = told.find((event) => event.type === 'stateWarning');
    expect(warning?.type === 'stateWarning' ? warning.message : '').to.match(/damaged|set aside/);
    good(await stack.stop());
    expect(JSON.parse(readFileSync(project.path('.server_memory.json'), 'utf8'))).to.have.property('history');
    expect(existsSync(project.path('logs', 'api.log'))).to.equal(true);
  });
});
