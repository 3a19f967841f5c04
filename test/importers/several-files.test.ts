import { expect } from 'chai';
import { importFiles, servicesOf } from './rig.ts';

const errorsOf = ({ diagnostics }: Awaited<ReturnType<typeof importFiles>>): readonly unknown[] =>
  diagnostics.filter(({ severity }) => severity === 'error');

describe('several files in which names are the same', () => {
  it('scripts of two packages that are called alike are two services, and so are those that differ in a colon', async () => {
    const files = {
      'a/package.json': '{"scripts": {"dev": "vite"}}',
      'b/package.json': '{"scripts": {"dev": "next dev", "dev:api": "node a.js", "dev-api": "node b.js"}}',
    };
    const outcome = await importFiles(files, { named: Object.keys(files) });
    expect(errorsOf(outcome)).to.deep.equal([]);
    const services = Object.entries(servicesOf(outcome.text)).map(([name, { command, cwd }]) => [name, command, cwd]);
    expect(services).to.deep.equal([
      ['dev', 'npm run dev', 'a'],
      ['dev-2', 'npm run dev', 'b'],
      ['dev-api-2', 'npm run dev:api', 'b'],
      ['dev-api', 'npm run dev-api', 'b'],
    ]);
    expect(outcome.notes.map(({ file, text }) => `${file}: ${text}`)).to.deep.equal([
      'b/package.json: it is called "dev-2" here',
      'b/package.json: it is called "dev-api-2" here',
    ]);
  });

  it('processes of two Procfiles that are called alike are two services', async () => {
    const files = { 'a/Procfile': 'web: node a.js\n', 'b/Procfile': 'web: node b.js\nweb-2: node c.js\n' };
    const outcome = await importFiles(files, { named: Object.keys(files) });
    expect(errorsOf(outcome)).to.deep.equal([]);
    const services = Object.entries(servicesOf(outcome.text)).map(([name, { command }]) => [name, command]);
    expect(services).to.deep.equal([
      ['web', 'node a.js'],
      ['web-3', 'node b.js'],
      ['web-2', 'node c.js'],
    ]);
  });

  it('a task waits for that of its own file, in its own folder, where two are called alike', async () => {
    const tasks = (command: string) =>
      JSON.stringify({
        tasks: [
          { label: 'build', command },
          { label: `run ${command}`, command, isBackground: true, dependsOn: ['build', 'only a'] },
          ...(command === 'a' ? [{ label: 'only a', command }] : []),
        ],
      });
    const files = { 'a/.vscode/tasks.json': tasks('a'), 'b/.vscode/tasks.json': tasks('b') };
    const outcome = await importFiles(files, { named: Object.keys(files) });
    expect(errorsOf(outcome)).to.deep.equal([]);
    const services = Object.entries(servicesOf(outcome.text)).map(([name, { cwd, depends_on: needs }]) => [name, cwd, needs]);
    const completed = { condition: 'completed' };
    expect(services).to.deep.equal([
      ['build', 'a', undefined],
      ['run-a', 'a', { build: completed, 'only-a': completed }],
      ['only-a', 'a', undefined],
      ['build-2', 'b', undefined],
      ['run-b', 'b', { 'build-2': completed, 'only-a': completed }],
    ]);
  });
});

describe('a process-compose file over another one', () => {
  it('adds to a process, whatever it is called', async () => {
    const names = ['test', 'command', 'entrypoint', 'web'];
    const write = (field: string): string => `processes:\n${names.map((name) => `  ${name}: {${field}}\n`).join('')}`;
    const files = { 'process-compose.yaml': write('command: a'), 'process-compose.override.yaml': write('working_dir: b') };
    const { text } = await importFiles(files, { named: Object.keys(files) });
    const same = { command: 'a', cwd: 'b' };
    expect(servicesOf(text)).to.deep.equal({ test: same, command: same, entrypoint: same, web: same });
  });
});

describe('numbers of another tool that muster has not', () => {
  it('a port that foreman would count above the last one is for somebody to decide; one that is none is not counted from', async () => {
    const portsOf = async (port: string) => {
      const outcome = await importFiles({ Procfile: 'web: a\nworker: b $PORT\n', '.env': `PORT=${port}\n` });
      expect(errorsOf(outcome)).to.deep.equal([]);
      const { web, worker } = servicesOf(outcome.text);
      return { ports: [web?.['port'], worker?.['port']], notes: outcome.notes.map(({ text }) => text) };
    };
    const high = await portsOf('65500');
    expect(high.ports).to.deep.equal([65_500, undefined]);
    expect(high.notes.at(-1)).to.include('DECIDE');
    for (const none of ['0', '70000', '700000']) expect((await portsOf(none)).ports).to.deep.equal([5000, 5100]);
  });

  it('an exit code that is none is told as lost', async () => {
    const apps = [{ name: 'a', script: 'a', interpreter: 'none', stop_exit_codes: [0, 'SIGINT', 256, '78'] }];
    const outcome = await importFiles({ 'ecosystem.config.json': JSON.stringify({ apps }) });
    expect(errorsOf(outcome)).to.deep.equal([]);
    expect(servicesOf(outcome.text)['a']?.['restart']).to.deep.equal({ policy: 'always', never_on: [0, 78] });
    expect(outcome.losses.map(({ key }) => key)).to.deep.equal(['apps.0.stop_exit_codes.1', 'apps.0.stop_exit_codes.2']);
  });
});
