import { expect } from 'chai';
import type { Issue } from '../../lib/domain/issue.ts';
import type { RawMap } from '../../lib/domain/raw.ts';
import { toCommand } from '../../lib/domain/resolve/command.ts';
import { hashDefinition } from '../../lib/domain/resolve/definition-hash.ts';
import { toDependency } from '../../lib/domain/resolve/dependencies.ts';
import { resolveService, type ServiceDraft } from '../../lib/domain/resolve.ts';
import { addressMark, toText, unmark } from '../../lib/domain/text.ts';

const issues: Issue[] = [];
const resolve = (raw: RawMap, env: Record<string, string> = {}): ServiceDraft =>
  resolveService({
    name: 'api',
    raw: { command: 'node server.js', ...raw },
    env,
    absolute: (file) => (file.startsWith('/') ? file : `/project/${file}`),
    report: (issue) => issues.push(issue),
  });
const hashOf = (draft: ServiceDraft, root = '/project'): string =>
  hashDefinition(draft, { absolute: (file) => `${root}/${file}`, hash: (text) => `#${text}#` });
const ownPort = { service: 'api', what: 'port' };

describe('filling in the defaults', () => {
  beforeEach(() => {
    issues.length = 0;
  });

  it("gives a service of one line everything that the README's table says", () => {
    expect(resolve({})).to.deep.equal({
      name: 'api',
      label: 'api',
      type: 'service',
      command: { kind: 'direct', program: 'node', args: ['server.js'] },
      cwd: '/project/.',
      env: {},
      host: '127.0.0.1',
      ports: [],
      portConflict: 'reclaim',
      portRange: null,
      wanted: [],
      optional: false,
      startupDelay: 0,
      waitBeforeStart: 0,
      healthTimeout: 60_000,
      ready: null,
      health: null,
      restart: {
        policy: 'on-failure',
        delay: 1000,
        maxDelay: 16_000,
        factor: 2,
        max: 5,
        window: 60_000,
        onUnhealthy: false,
        neverOn: [],
      },
      stop: { signal: 'SIGTERM', timeout: 5000, command: null },
      profiles: [],
      log: { file: '/project/logs/api.log', maxSize: 10_000_000, keep: 5, split: false },
      inputs: null,
      clean: null,
      watch: null,
      hooks: {},
      cluster: {
        image: null,
        build: null,
        expose: null,
        resources: { requests: { cpu: null, memory: null }, limits: { cpu: null, memory: null } },
      },
      replica: null,
      replicas: 1,
    });
  });

  it('sets a task no limit, unless one is written', () => {
    expect(resolve({ type: 'task' }).healthTimeout).to.equal(null);
    expect(resolve({ type: 'task', health_timeout: '2m' }).healthTimeout).to.equal(120_000);
    expect(issues).to.deep.equal([]);
  });

  it('refuses a startup_delay that leaves no time for a probe, whatever the limit', () => {
    resolve({ port: 3000, startup_delay: '60s' });
    resolve({ port: 3000, startup_delay: '2s', health_timeout: '2s' });
    expect(issues.map(({ path }) => path.at(-1))).to.deep.equal(['startup_delay', 'startup_delay']);
    issues.length = 0;
    resolve({ port: 3000, startup_delay: '59s' });
    resolve({ startup_delay: '90s' });
    resolve({ type: 'task', health_timeout: '1s' });
    expect(issues).to.deep.equal([]);
  });

  it('probes the first port by TCP when nothing else is said, wherever that port is on this run', () => {
    const { health, ready } = resolve({ port: 3000 });
    expect(health).to.deep.equal({
      check: { kind: 'tcp', host: '127.0.0.1', port: [ownPort] },
      interval: 5000,
      timeout: 1000,
      retries: 3,
      successes: 1,
    });
    expect(ready).to.deep.equal(health);
    expect(resolve({ port: 3000, host: '0.0.0.0' }).health?.check).to.deep.include({ host: '127.0.0.1' });
    expect(resolve({ port: 3000, host: '::' }).health?.check).to.deep.include({ host: '::1' });
    expect(resolve({ port: 3000, type: 'task' }).health).to.equal(null);
    expect(resolve({ port: 3000, healthcheck: { test: ['NONE'] } }).health).to.equal(null);
    expect(resolve({ port: 'auto' }).ports).to.deep.equal([{ name: null, wanted: null }]);
  });

  it('lets probes that name the own first port follow it, and leaves others as they are written', () => {
    const check = (raw: RawMap): unknown => resolve({ port: 3000, health: raw }).health?.check;
    expect(check({ http: 'http://localhost:3000/health?a=1' })).to.deep.include({
      url: ['http://localhost:', ownPort, '/health?a=1'],
      status: [[200, 299]],
      method: 'GET',
    });
    expect(check({ http: 'http://localhost:3001/' })).to.deep.include({ url: 'http://localhost:3001/' });
    expect(check({ http: 'http://db.local:3000/' })).to.deep.include({ url: 'http://db.local:3000/' });
    expect(check({ tcp: 3000 })).to.deep.equal({ kind: 'tcp', host: '127.0.0.1', port: [ownPort] });
    expect(check({ tcp: 'db.local:3000' })).to.deep.equal({ kind: 'tcp', host: 'db.local', port: '3000' });
    expect(check({ tcp: '[::1]:4000' })).to.deep.equal({ kind: 'tcp', host: '::1', port: '4000' });
    expect(check({ http: `${addressMark('db', 'url')}/x` })).to.deep.include({ url: [{ service: 'db', what: 'url' }, '/x'] });
    expect(resolve({ health_url: 'http://localhost:8080/' }).ready?.check).to.deep.include({ kind: 'http' });
    expect(issues).to.deep.equal([]);
  });

  it('reads status codes as numbers, classes and ranges', () => {
    const check = resolve({ health: { http: 'http://localhost/', status: [200, '3xx', '400-404'] } }).health?.check;
    expect(check).to.deep.include({
      status: [
        [200, 200],
        [300, 399],
        [400, 404],
      ],
    });
  });

  it('takes readiness from `ready` and liveness from `health`', () => {
    const { ready, health } = resolve({ port: 3000, ready: { log: 'listening on', successes: 2 } });
    expect(ready).to.deep.include({ check: { kind: 'log', pattern: 'listening on' }, successes: 2 });
    expect(health?.check.kind).to.equal('tcp');
    expect(resolve({ ready: { file: 'tmp/up' } }).ready?.check).to.deep.equal({ kind: 'file', path: '/project/tmp/up' });
    expect(resolve({ ready: { notify: true } }).ready?.check).to.deep.equal({ kind: 'notify' });
    expect(resolve({ ready: { exec: 'curl -f localhost' } }).ready?.check).to.deep.equal({
      kind: 'exec',
      command: { kind: 'direct', program: 'curl', args: ['-f', 'localhost'] },
    });
  });

  it('reads the healthcheck of Compose, and leaves it as long as Compose would', () => {
    const { health, healthTimeout } = resolve({
      healthcheck: {
        test: ['CMD-SHELL', 'curl -f http://x || exit 1'],
        interval: '10s',
        timeout: '2s',
        retries: 5,
        start_period: '40s',
      },
    });
    expect(health).to.deep.equal({
      check: { kind: 'exec', command: { kind: 'shell', line: 'curl -f http://x || exit 1' } },
      interval: 10_000,
      timeout: 2000,
      retries: 5,
      successes: 1,
    });
    expect(healthTimeout).to.equal(40_000 + 5 * 12_000);
  });

  it('numbers the ports of a list and names those of a map', () => {
    expect(resolve({ ports: [3000, 3001] }).ports).to.deep.equal([
      { name: null, wanted: 3000 },
      { name: '2', wanted: 3001 },
    ]);
    expect(resolve({ port: 80, ports: { admin: 'auto' } }).ports).to.deep.equal([
      { name: null, wanted: 80 },
      { name: 'admin', wanted: null },
    ]);
    expect(resolve({ port_range: '3000-3010' }).portRange).to.deep.equal([3000, 3010]);
    expect(resolve({ port_range: [3000, 3010] }).portRange).to.deep.equal([3000, 3010]);
  });

  it('reads restart policies as a word, as the `false` of older habits, and as a map', () => {
    expect(resolve({ restart: 'always' }).restart.policy).to.equal('always');
    expect(resolve({ restart: false }).restart.policy).to.equal('no');
    expect(resolve({ restart: { delay: '20s', never_on: [2], on_unhealthy: true } }).restart).to.deep.include({
      policy: 'on-failure',
      delay: 20_000,
      maxDelay: 20_000,
      neverOn: [2],
      onUnhealthy: true,
    });
  });

  it('reads edges as a name, a list, a map, in the words of Compose too', () => {
    expect(resolve({ depends_on: 'db' }).wanted.map(({ on }) => on)).to.deep.equal(['db']);
    const [edge] = resolve({
      depends_on: { db: { condition: 'service_healthy', required: false, wait_up_to: '30s', on_loss: 'stop', restart: true } },
    }).wanted;
    const target = { type: 'service', hasProbe: true, optional: false } as const;
    expect(edge === undefined ? null : toDependency(edge, target)).to.deep.equal({
      on: 'db',
      condition: 'healthy',
      required: false,
      waitUpTo: 30_000,
      onLoss: 'stop',
      restart: true,
    });
  });

  it('never lets a service depend hard on an optional one', () => {
    const [edge] = resolve({ depends_on: ['docs'] }).wanted;
    const target = { type: 'service', hasProbe: false, optional: true } as const;
    expect(edge === undefined ? null : toDependency(edge, target)).to.deep.include({ condition: 'started', required: false });
  });

  it('changes the definition hash with what a running process depends on, and with nothing else', () => {
    const base = { port: 3000, env: {} };
    const hash = (raw: RawMap, env: Record<string, string> = {}): string => hashOf(resolve({ ...base, ...raw }, env));
    const same: RawMap[] = [
      { label: 'x' },
      { profiles: ['p'] },
      { log: { keep: 9, max_size: '1MB' } },
      { depends_on: ['db'] },
      { restart: 'no' },
    ];
    for (const raw of same) expect(hash(raw), JSON.stringify(raw)).to.equal(hash({}));
    const other: RawMap[] = [
      { command: 'node other.js' },
      { cwd: 'sub' },
      { port: 3001 },
      { host: '0.0.0.0' },
      { health: { http: 'http://localhost:3000/' } },
      { stop: { signal: 'SIGINT' } },
      { log: { file: 'logs/other.log' } },
    ];
    for (const raw of other) expect(hash(raw), JSON.stringify(raw)).to.not.equal(hash({}));
    expect(hash({}, { A: '1' })).to.not.equal(hash({}, { A: '2' }));
    expect(hash({}, { A: '1', B: '2' })).to.equal(hash({}, { B: '2', A: '1' }));
  });

  it('H4: gives one definition the same hash under another name and in another folder', () => {
    const url = { service: 'api', what: 'url' } as const;
    const at = (name: string, root: string): string =>
      hashOf(
        resolveService({
          name,
          raw: { command: 'node server.js', port: 3000, cwd: 'sub', ready: { http: [{ ...url, service: name }, '/up'] } },
          env: { SELF: [{ ...url, service: name }] },
          absolute: (file) => (file.startsWith('/') ? file : `${root}/${file}`),
          report: () => undefined,
        }),
        root,
      );
    expect(at('backend', '/home/other')).to.equal(at('api', '/project'));
  });

  it('hands values of the environment to the hash on their own, so that none is in the text that is hashed', () => {
    expect(hashOf(resolve({}, { PASSWORD: 'hunter2' }))).to.include('["PASSWORD","#\\"hunter2\\"#"]');
  });
});

describe('commands', () => {
  it('runs text without shell syntax directly, split as a shell would', () => {
    expect(toCommand(`node -e 'console.log(1); x()' "a b" --port=3000`)).to.deep.equal({
      kind: 'direct',
      program: 'node',
      args: ['-e', 'console.log(1); x()', 'a b', '--port=3000'],
    });
  });

  it('leaves text with shell syntax to the shell, as it is written', () => {
    for (const line of [
      'a && b',
      'a | b',
      'A=1 b',
      'echo $HOME',
      'ls *.ts',
      'cd x',
      'echo "a $B"',
      'a # b',
      'a\\ b',
      'cat ~/x',
      'a; b',
    ]) {
      expect(toCommand(line), line).to.deep.equal({ kind: 'shell', line });
    }
  });

  it('runs a list as it is, also with operators in it', () => {
    expect(toCommand(['echo', '&&', '$HOME'])).to.deep.equal({ kind: 'direct', program: 'echo', args: ['&&', '$HOME'] });
    expect(toCommand([])).to.equal(null);
    expect(toCommand('  ')).to.equal(null);
  });

  it('keeps addresses that are filled in later', () => {
    const url = addressMark('api', 'url');
    expect(toCommand(`web --api=${url}/v1`)).to.deep.equal({
      kind: 'direct',
      program: 'web',
      args: [['--api=', { service: 'api', what: 'url' }, '/v1']],
    });
  });
});

describe('text with addresses', () => {
  it('is plain where there are none, and shows them as they were written', () => {
    expect(toText('plain')).to.equal('plain');
    const marked = `${addressMark('a.b', 'host')}:${addressMark('a.b', 'port')}`;
    expect(toText(marked)).to.deep.equal([{ service: 'a.b', what: 'host' }, ':', { service: 'a.b', what: 'port' }]);
    // oxlint-disable-next-line no-template-curly-in-string -- the variables are muster's.
    expect(unmark(marked)).to.equal('${a.b.host}:${a.b.port}');
  });
});
