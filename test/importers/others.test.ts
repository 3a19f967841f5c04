import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { importFiles, toLines } from './rig.ts';

const sample = (file: string): string => readFileSync(join(import.meta.dirname, '..', 'data', 'import', file), 'utf8');

type Result = {
  readonly services: Readonly<Record<string, unknown>>;
  readonly environments?: unknown;
  readonly env?: unknown;
  readonly env_file?: unknown;
};

const resultOf = (text: string | null): Result => parse(text ?? '') as Result;

describe('what muster import makes of process-compose.yaml', () => {
  it('processes with their dependencies, probes, restarts and signals', async () => {
    const { text, diagnostics } = await importFiles({ 'process-compose.yaml': sample('process-compose.yaml') });
    expect(diagnostics.filter(({ severity }) => severity === 'error')).to.deep.equal([]);
    const { services, env } = resultOf(text);
    expect(env).to.deep.equal({ TZ: 'UTC' });
    expect(services['db']).to.deep.equal({
      command: 'postgres -D data',
      startup_delay: '1s',
      health: { exec: 'pg_isready -q', interval: '2s', timeout: '3s', retries: 5, successes: 1 },
      restart: { policy: 'on-failure', delay: '2s', max: 3 },
      stop: { signal: 'SIGINT', timeout: '20s' },
    });
    expect(services['migrate']).to.deep.equal({
      type: 'task',
      command: 'npm run migrate',
      cwd: 'app',
      env: { DB: 'localhost', A: 'b c' },
      depends_on: { db: { condition: 'healthy' } },
      restart: 'no',
    });
    expect(services['api']).to.deep.equal({
      command: 'node server.js --port ${PORT:-} ${FLAGS:-}',
      depends_on: { migrate: { condition: 'completed' }, cache: { condition: 'healthy' } },
      health: { http: 'http://127.0.0.1:8080/health', headers: { 'X-A': 'b' }, status: 200, interval: '10s' },
      restart: 'always',
    });
    expect(services['cache']).to.deep.equal({
      command: ['redis-server', '--port', '6380'],
      replicas: 2,
      ready: { log: 'Ready to accept \\(connections\\)' },
    });
    expect(services['tools']).to.deep.equal({ command: 'htop', profiles: ['disabled'] });
  });

  it('process_completed does not ask for the exit code', async () => {
    const { text } = await importFiles({
      'process-compose.yaml': 'processes: {a: {command: a}, b: {command: b, depends_on: {a: {condition: process_completed}}}}',
    });
    expect(resultOf(text).services['b']).to.deep.include({ depends_on: { a: { condition: 'completed', required: false } } });
  });
});

describe('what muster import makes of a pm2 file', () => {
  it('apps with their interpreter, instances, environments and restarts', async () => {
    const { text, diagnostics } = await importFiles({ 'ecosystem.config.json': sample('ecosystem.config.json') });
    expect(diagnostics.filter(({ severity }) => severity === 'error')).to.deep.equal([]);
    const { services, environments } = resultOf(text);
    expect(services['api']).to.deep.equal({
      command: ['node', '--max-old-space-size=512', './dist/server.js', '--port', '3000', '--name', 'a b'],
      cwd: 'packages/api',
      env: { LOG: 'debug', N: '1' },
      replicas: 2,
      watch: { files: ['**', '!node_modules'], enabled: true },
      restart: { policy: 'always', delay: '2s', max: 7, never_on: [0, 78] },
      stop: { timeout: '8s' },
    });
    expect(services['cron']).to.deep.equal({ command: 'python3 job.py', restart: 'no' });
    expect(services['web']).to.deep.equal({ command: 'npm run start', restart: { policy: 'always', delay: '100ms' } });
    expect(services['many']).to.deep.equal({ command: 'serve', restart: 'always' });
    expect(environments).to.deep.equal({ production: { services: { api: { env: { LOG: 'warn' } } } } });
  });

  it('instances that share a PORT have one each, counted up from "port", in every environment; PORT of a single one stays', async () => {
    const apps = [
      {
        name: 'api',
        script: './server.js',
        instances: 2,
        exec_mode: 'cluster',
        env: { PORT: 7521, A: 1 },
        env_test: { PORT: 80 },
      },
      { name: 'max', script: './max.js', instances: 'max', env: { PORT: '7531' } },
      { name: 'one', script: './one.js', env: { PORT: 7541 } },
      { name: 'odd', script: './odd.js', instances: 2, env: { PORT: '/tmp/socket' } },
      { name: 'none', script: './none.js', instances: 2, exec_mode: 'cluster' },
    ];
    const { text, stack, notes, diagnostics } = await importFiles({ 'ecosystem.config.json': JSON.stringify({ apps }) });
    expect(diagnostics.filter(({ severity }) => severity === 'error')).to.deep.equal([]);
    const { services, environments } = resultOf(text);
    const node = (file: string) => ({ command: `node ${file}`, restart: 'always' });
    expect(services['api']).to.deep.equal({ ...node('./server.js'), port: 7521, env: { A: '1' }, replicas: 2 });
    expect(services['max']).to.deep.equal({ ...node('./max.js'), port: 7531 });
    expect(services['one']).to.deep.equal({ ...node('./one.js'), env: { PORT: '7541' } });
    expect(services['odd']).to.deep.equal({ ...node('./odd.js'), env: { PORT: '/tmp/socket' }, replicas: 2 });
    expect(environments).to.deep.equal({ test: { services: { api: { port: 80 } } } });
    const portsOf = (name: string) => stack?.services.get(name)?.ports.map(({ wanted }) => wanted);
    expect([portsOf('api-1'), portsOf('api-2')]).to.deep.equal([[7521], [7522]]);
    expect(notes.map((note) => note.text).filter((note) => note.includes('PORT'))).to.have.lengthOf(3);
  });

  it('replicas of Compose and process-compose share no PORT either: there each container has a network of its own', async () => {
    const compose = await importFiles({
      'compose.yaml': 'services: {a: {image: x, command: a, environment: {PORT: 3000, B: c}, deploy: {replicas: 2}}}',
    });
    const processes = await importFiles({
      'process-compose.yaml': 'processes: {a: {command: a, replicas: 2, environment: ["PORT=3000", "B=c"]}}',
    });
    for (const { text, notes } of [compose, processes]) {
      expect(resultOf(text).services['a']).to.deep.include({ env: { B: 'c' }, port: 3000, replicas: 2 });
      expect(notes.map((note) => note.text)).to.include(
        'its PORT is "port" here: muster sets PORT itself, one for each instance',
      );
    }
  });

  it('a name is taken as it is given; one that muster does not take is another here, and told', async () => {
    const apps = [
      { name: 'shop.web', script: 'web.js' },
      { name: 'shop.api', script: 'api.js' },
      { name: 'shop/jobs', script: 'jobs.js' },
      { script: 'tools/mail.worker.js' },
      { script: 'a/server.js' },
      { script: 'b/server.js' },
    ];
    const { text, notes, losses, diagnostics } = await importFiles({ 'ecosystem.config.json': JSON.stringify({ apps }) });
    expect(diagnostics).to.deep.equal([]);
    expect(losses).to.deep.equal([]);
    expect(Object.keys(resultOf(text).services)).to.deep.equal([
      'shop.web',
      'shop.api',
      'shop-jobs',
      'mail.worker',
      'server',
      'server-2',
    ]);
    const told = notes.map((note) => note.text).filter((note) => note.startsWith('it is called'));
    expect(told).to.deep.equal(['it is called "shop-jobs" here', 'it is called "server-2" here']);
  });

  it('a script without an extension runs by node where it is text, as pm2 has it; a version of node, port and env_file are there', async () => {
    const apps = [
      { name: 'www', script: './bin/www', node_args: '--inspect' },
      { name: 'text', script: 'bin/www' },
      { name: 'binary', script: './bin/program' },
      { name: 'away', script: './bin/away', node_args: '--inspect' },
      { name: 'nobody', script: './bin/nobody' },
      { name: 'path', script: 'serve' },
      { name: 'old', script: './a.js', interpreter: 'node@18.1.0' },
      { name: 'port', script: 'a.js', port: 3000, env: { PORT: 1, A: 'b' }, env_file: '.env.local', instances: 2 },
      { name: 'line', script: 'node a.js && node b.js' },
      { name: 'flags', script: 'a', interpreter: 'none', node_args: '--x' },
    ];
    const { text, notes, losses, diagnostics } = await importFiles({
      'ecosystem.config.json': JSON.stringify({ apps }),
      'bin/www': '#!/usr/bin/env node\n',
      'bin/program': '\x7fELF\0\0',
      '.env.local': 'B=1\n',
    });
    expect(diagnostics.filter(({ severity }) => severity === 'error')).to.deep.equal([]);
    const { services } = resultOf(text);
    const commands = Object.entries(services).map(([name, service]) => [name, (service as { command: unknown }).command]);
    expect(Object.fromEntries(commands)).to.deep.equal({
      www: 'node --inspect ./bin/www',
      text: 'node bin/www',
      binary: './bin/program',
      away: 'node --inspect ./bin/away',
      nobody: './bin/nobody',
      path: 'serve',
      old: 'node ./a.js',
      port: 'node a.js',
      line: ['bash', '-c', 'node a.js && node b.js'],
      flags: 'a',
    });
    expect(services['port']).to.deep.include({ port: 3000, env: { A: 'b' }, env_file: ['.env.local'], replicas: 2 });
    expect(losses.map(({ key }) => key)).to.deep.equal(['apps.7.env.PORT', 'apps.9.node_args']);
    expect(notes.map(({ key }) => key)).to.include.members(['apps.4.script', 'apps.6.interpreter']);
  });

  it('S5: JavaScript is read as data: what is computed is a setting that was not carried over', async () => {
    const { text, losses } = await importFiles({
      'ecosystem.config.js': `
const fs = require('fs');
fs.writeFileSync('ran', '');
const base = { autorestart: false };
const env = { A: '1', B: process.env.B, C: \`c\` };
module.exports = {
  apps: [
    { name: 'a', script: 'a.js', cwd: __dirname, env },
    { name: 'b', script: 'b' + '.js', ...base },
    { name: 'c', script: './c', get time() { return true; }, [name]: 1 },
  ].filter(Boolean),
};
`,
    });
    expect(text).to.equal('services: {}\n');
    expect(toLines(losses)).to.deep.equal(['7: apps']);
    const listed = await importFiles({
      'ecosystem.config.js': `
const env = { A: '1', B: process.env.B, C: \`c\` };
export default {
  apps: [
    { name: 'a', script: 'a.js', cwd: __dirname, env },
    { name: 'b', script: 'b' + '.js', ...base },
    { name: 'c', script: './c', get time() { return true; } },
  ],
};
`,
    });
    expect(resultOf(listed.text).services['a']).to.deep.equal({
      command: 'node a.js',
      env: { A: '1', C: 'c' },
      restart: 'always',
    });
    expect(listed.losses.map(({ line, key, text: why }) => `${line}: ${key}: ${why}`)).to.deep.equal([
      '2: apps.0.env.B: it is computed by code, which is not run',
      '6: apps.1.script: it is computed by code, which is not run',
      '6: apps.1....: it is computed by code, which is not run',
      '7: apps.2.time: muster keeps what a program writes as it is',
    ]);
  });

  it('refuses JavaScript that exports nothing that could be read, and what is no JavaScript, with the line', async () => {
    const { refused } = await importFiles({ 'ecosystem.config.js': 'module.exports = require("./other");' });
    expect(refused[0]?.message).to.include('no "apps"');
    const broken = await importFiles({ 'ecosystem.config.js': 'module.exports = {\n  apps: [\n};' });
    expect(broken.refused[0]).to.include({ line: 3, column: 1 });
  });
});

describe('what muster import makes of package.json', () => {
  it('scripts that run on are services, run by the package manager; the others are listed', async () => {
    const { text, losses, diagnostics } = await importFiles({
      'package.json': JSON.stringify(
        {
          name: '@shop/web',
          scripts: {
            dev: 'vite --port 5173',
            start: 'node dist/server.js',
            predev: 'rm -rf x',
            build: 'tsc',
            test: 'mocha',
            'worker:mail': 'node mail.js',
          },
        },
        null,
        1,
      ),
      'pnpm-lock.yaml': '',
    });
    expect(diagnostics).to.deep.equal([]);
    expect(parse(text ?? '')).to.deep.equal({
      name: 'web',
      services: { dev: { command: 'pnpm run dev', port: 5173 }, 'worker-mail': { command: 'pnpm run worker:mail' } },
    });
    expect(toLines(losses)).to.deep.equal(['5: scripts.start', '6: scripts.predev', '7: scripts.build', '8: scripts.test']);
  });
});

describe('what muster import makes of scripts that start others', () => {
  const parts = { 'dev:web': 'vite', 'dev:api': 'node api.js' };
  const servicesOf = async (scripts: Readonly<Record<string, string>>): Promise<readonly string[]> => {
    const { text, losses } = await importFiles({ 'package.json': JSON.stringify({ scripts }) });
    return [...Object.keys(resultOf(text).services), ...losses.map(({ key, text: why }) => `${key}: ${why}`)];
  };

  for (const dev of [
    'concurrently "npm:dev:*"',
    "concurrently -k -n web,api -c blue,green 'npm:dev:web' 'npm run dev:api'",
    'npm-run-all -p dev:*',
    'npm-run-all --parallel dev:web dev:api',
    'npx run-p dev:**',
  ])
    it(`${dev}: each program runs once`, async () => {
      expect(await servicesOf({ dev, ...parts })).to.deep.equal([
        'dev-web',
        'dev-api',
        'scripts.dev: it only starts dev:web, dev:api, which are services of their own',
      ]);
    });

  it('one that starts other programs, too, stays, and those that it starts are left out', async () => {
    for (const dev of [
      'concurrently "npm:dev:*" "tsc -w"',
      'cross-env A=1 run-p dev:*',
      'run-p dev:* css',
      'run-p dev:* && node a.js',
    ])
      expect(await servicesOf({ dev, ...parts }), dev).to.deep.equal([
        'dev',
        'scripts.dev:web: "dev" starts it, with other programs',
        'scripts.dev:api: "dev" starts it, with other programs',
      ]);
  });

  it('two that start each other are not both left out, and what starts no other script stays', async () => {
    expect((await servicesOf({ dev: 'run-p start', start: 'run-p dev' }))[0]).to.equal('dev');
    expect((await servicesOf({ 'dev:a': 'run-p dev:b', 'dev:b': 'run-p dev:a' }))[0]).to.equal('dev-b');
    expect(await servicesOf({ dev: 'concurrently "tsc -w" "vite"', 'dev:api': 'node a.js' })).to.deep.equal(['dev', 'dev-api']);
  });
});

describe('what muster import makes of scripts that are called like a command of the package manager', () => {
  it('they are run as scripts', async () => {
    for (const [lock, manager] of [
      ['pnpm-lock.yaml', 'pnpm'],
      ['yarn.lock', 'yarn'],
      ['bun.lock', 'bun'],
      ['package-lock.json', 'npm'],
    ] as const) {
      const { text } = await importFiles({ 'package.json': '{"scripts": {"server": "node a.js"}}', [lock]: '' });
      expect(resultOf(text).services).to.deep.equal({ server: { command: `${manager} run server` } });
    }
  });
});

describe("what muster import makes of VS Code's tasks.json", () => {
  it('the folder of the workspace is named from the folder that the task runs in', async () => {
    const task = (label: string, cwd: string | null) => ({
      label,
      type: 'shell',
      command: '${workspaceFolder}/run.sh',
      args: ['--in=${workspaceFolder}/data'],
      options: { ...(cwd === null ? {} : { cwd }), env: { ROOT: '${workspaceFolder}' } },
    });
    const tasks = [task('a', '${workspaceFolder}/web'), task('b', 'web/app'), task('c', null), task('d', '${env:HOME}')];
    const { text, notes } = await importFiles({ 'sub/.vscode/tasks.json': JSON.stringify({ tasks }) });
    const { services } = resultOf(text);
    expect(services['a']).to.deep.include({ command: '../run.sh --in=../data', cwd: 'sub/web', env: { ROOT: '..' } });
    expect(services['b']).to.deep.include({
      command: '../../run.sh --in=../../data',
      cwd: 'sub/web/app',
      env: { ROOT: '../..' },
    });
    expect(services['c']).to.deep.include({ command: './run.sh --in=./data', cwd: 'sub', env: { ROOT: '.' } });
    expect(services['d']).to.have.property('cwd', '${HOME:-}');
    expect((services['d'] as { command: string }).command).to.match(/^\/.*\/sub\/run\.sh --in=\/.*\/sub\/data$/);
    expect(notes.filter((note) => note.text.includes('became a folder of this machine'))).not.to.have.lengthOf(0);
  });

  it('arguments are quoted as the file says; without a word, those with blanks in them are', async () => {
    const args = [
      { value: '$HOME', quoting: 'strong' },
      { value: "it's", quoting: 'strong' },
      { value: '$HOME "x"', quoting: 'weak' },
      { value: 'a b', quoting: 'escape' },
      '$HOME',
      'a b',
      '"c d"',
      { value: 'x', quoting: 'loud' },
    ];
    const tasks = [
      { label: 'shell', type: 'shell', command: { value: 'my echo', quoting: 'strong' }, args },
      { label: 'process', type: 'process', command: 'echo', args: [{ value: '$HOME', quoting: 'strong' }] },
    ];
    const { text, losses } = await importFiles({ 'tasks.json': JSON.stringify({ tasks }) });
    const { services } = resultOf(text);
    expect(services['shell']).to.have.property(
      'command',
      `'my echo' '$HOME' 'it'\\''s' "$HOME \\"x\\"" a\\ b $HOME 'a b' "c d" x`,
    );
    expect(services['process']).to.deep.include({ command: ['echo', '$HOME'] });
    expect(losses.map(({ key }) => key)).to.deep.equal(['tasks.0.args.7.quoting', 'tasks.1.args.0.quoting']);
  });

  it('tasks in the background are services, ready by the line that the editor waits for', async () => {
    const { text, diagnostics, losses } = await importFiles({ '.vscode/tasks.json': sample('tasks.json') });
    expect(diagnostics.filter(({ severity }) => severity === 'error')).to.deep.equal([]);
    const { services } = resultOf(text);
    expect(services['build']).to.deep.equal({ command: 'tsc -p .', type: 'task' });
    expect(services['Watch']).to.deep.equal({ command: 'npm --prefix web run watch', ready: { log: 'Found \\d+ errors' } });
    expect(services['Start-server']).to.deep.equal({
      label: 'Start server',
      command: ['node', 'server.js', '--root', '../public', '$${input:port}'],
      cwd: 'server',
      env: { HOME_OF: '${HOME:-}' },
      depends_on: { build: { condition: 'completed' }, Watch: { condition: 'healthy' } },
    });
    expect(losses.map(({ key }) => key)).to.include.members(['tasks.2.windows', 'tasks.3.dependsOn.1', 'inputs']);
  });
});
