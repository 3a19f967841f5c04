import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { commands } from '../../lib/interfaces/cli/registry.ts';
import { createProject, runMuster } from '../support/cli.ts';

describe('the command line', () => {
  it('shows the commands when none is given', async () => {
    const { folder } = createProject();
    const { code, stdout, stderr } = await runMuster([], { cwd: folder });
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    for (const { name } of commands) expect(stdout).to.contain(name);
  });

  const mistakes: readonly (readonly [args: readonly string[], message: string])[] = [
    [['chekc'], 'muster: unknown command "chekc"; did you mean "check"?'],
    [['frobnicate'], 'muster: unknown command "frobnicate"; "muster help" lists the commands'],
    [['validate'], 'muster: unknown command "validate"; did you mean "check"?'],
    [['ps'], 'muster: unknown command "ps"; did you mean "status"?'],
    [['up', '--forse'], 'muster: unknown option "--forse"; did you mean "--force"?'],
    [['up', '-x'], 'muster: unknown option "-x"; "muster up --help" shows what it takes'],
    [['--detach', 'up'], 'muster: option "--detach" belongs to "up"; write it after "up"'],
    [['-f', 'other.yaml', 'import', 'compose.yaml'], 'muster: unknown option "-f"; "muster import --help" shows what it takes'],
    [['--env', 'test', 'down'], 'muster: unknown option "--env"; "muster down --help" shows what it takes'],
    [['--json', 'monitor'], 'muster: unknown option "--json"; "muster monitor --help" shows what it takes'],
    [['check', '-f'], 'muster: option "-f" needs a value; write -f FILE'],
    [['check', '--env', '--json'], 'muster: option "--env" needs a value; write --env NAME'],
    [['check', '--json=yes'], 'muster: option "--json" takes no value; write only --json'],
    [['check', 'api'], 'muster: "check" takes no name, and "api" was given; "muster check --help" shows what it takes'],
    [['completion'], 'muster: "completion" needs a shell; write one of bash, zsh, fish'],
    [['completion', 'fis'], 'muster: unknown shell "fis"; did you mean "fish"?'],
    [['help', 'chekc'], 'muster: unknown command "chekc"; did you mean "check"?'],
    [
      ['down', '--namespace', 'prod'],
      'muster: option "--namespace" needs "--on kubernetes"; without it, "down" is about this machine',
    ],
    [
      ['restart', '--registry', 'x'],
      'muster: option "--registry" needs "--on kubernetes"; without it, "restart" is about this machine',
    ],
    [
      ['status', '--context', 'x'],
      'muster: option "--context" needs "--on kubernetes"; without it, "status" is about this machine',
    ],
    [
      ['up', '--create-namespace'],
      'muster: option "--create-namespace" needs "--on kubernetes"; without it, "up" is about this machine',
    ],
    [
      ['-f', 'a.yaml', 'up', '-f', 'b.yaml'],
      'muster: one stack file, and both a.yaml and b.yaml were given; give one, and let it "include" the other',
    ],
    [['top'], 'muster: unknown command "top"; did you mean "monitor"?'],
    [['delete'], 'muster: unknown command "delete"; did you mean "down"?'],
    [['logs', '--lines', '5'], 'muster: unknown option "--lines"; did you mean "--tail"?'],
    [['-d', 'up'], 'muster: option "-d" belongs to "up"; write it after "up"'],
    [['-w', 'status'], 'muster: option "-w" belongs to "status"; write it after "status"'],
    [['-v'], 'muster: unknown option "-v"; did you mean "-V" (--version)?'],
    [
      ['check', 'b.yaml'],
      'muster: "check" takes no name, and "b.yaml" was given; a stack file is named by "-f b.yaml", before the command',
    ],
    [['up', 'b.yaml'], 'there is no service "b.yaml"; a stack file is named by "-f b.yaml", before the command'],
    [['restart', 'all'], 'muster: unknown service "all"; without a name, all are meant'],
    [
      ['run', 'api', './test.sh', 'x'],
      'muster: "run" needs a command after "--"; write muster run -- api ./test.sh x; where api is a service, muster run api -- ./test.sh x, or muster exec api -- ./test.sh x',
    ],
    [['up', '--on', 'kubernetes', '--dashboard'], 'muster up: --dashboard is for this machine: it shows what runs here'],
    [['up', '--on', 'kubernetes', '-y'], 'muster up: --yes is for this machine: nothing is asked there'],
    [['up', '--on', 'kubernetes', '--no-watch'], 'muster up: --no-watch is for this machine: no file is watched there'],
    [['exec'], 'muster: "exec" needs a command after "--"; write muster exec SERVICE -- COMMAND'],
    [['exec', '--', 'true'], 'muster: "exec" needs a service; write muster exec SERVICE -- COMMAND'],
    [['run', 'npm', 'test'], 'muster: "run" needs a command after "--"; write muster run -- npm test'],
    [['graph', '--dot', '--svg'], 'muster: --dot and --svg exclude each other; choose one'],
  ];
  for (const [args, message] of mistakes) {
    it(`muster ${args.join(' ')}: exit 2 and a way out`, async () => {
      const { folder } = createProject({ 'services.yaml': 'services: {api: {command: sleep 1}}\n' });
      expect(await runMuster(args, { cwd: folder })).to.deep.equal({ code: 2, signal: null, stdout: '', stderr: `${message}\n` });
    });
  }

  it('whoever asked for JSON is refused in one line of JSON, also where people are told a sentence', async () => {
    const { folder } = createProject({ 'services.yaml': 'services: { api: { command: sleep 1000 } }\n' });
    const refusals = {
      'init --json': { kind: 'refused', reason: 'services.yaml is there already; --force replaces it' },
      'graph --dot --json': { kind: 'refused', reason: '--dot and --json exclude each other; choose one' },
      'logs apo --json': { kind: 'unknown-service', name: 'apo', suggestion: 'api' },
      'recover apo --json': { kind: 'refused', reason: 'unknown service "apo" (only what ran can be brought back)' },
      'start apo --json': { kind: 'refused', reason: 'unknown service "apo"; did you mean "api"?' },
    };
    for (const [line, refusal] of Object.entries(refusals)) {
      const { code, stdout } = await runMuster(line.split(' '), { cwd: folder });
      expect([code, stdout], line).to.deep.equal([2, `${JSON.stringify({ ok: false, refusal })}\n`]);
    }
    mkdirSync(join(folder, 'below'));
    const below = await runMuster(['recover', 'apo', '--json'], { cwd: join(folder, 'below') });
    const { refusal } = JSON.parse(below.stdout) as { readonly refusal: { readonly reason: string } };
    expect(refusal.reason).to.match(/services\.yaml.*\nunknown service "apo"/);
    const { code, stdout } = await runMuster(['restart', 'api', '--json'], { cwd: folder });
    expect([code, stdout]).to.deep.equal([2, '{"ok":false,"running":false}\n']);
  });

  it('tells its version, also as data', async () => {
    const { folder } = createProject();
    const plain = await runMuster(['--version'], { cwd: folder });
    expect(plain.stdout).to.match(/^muster \d+\.\d+\.\d+ \(node \d+\.\d+\.\d+, \w+ \w+\)\n$/);
    expect((await runMuster(['version'], { cwd: folder })).stdout).to.equal(plain.stdout);
    const data: unknown = JSON.parse((await runMuster(['version', '--json'], { cwd: folder })).stdout);
    expect(data).to.include({ node: process.versions.node, platform: process.platform }).and.to.have.property('muster');
  });

  it('help X, X --help and X -h say the same', async () => {
    const { folder } = createProject();
    const { code, stdout } = await runMuster(['help', 'check'], { cwd: folder });
    expect(code).to.equal(0);
    for (const args of [
      ['check', '--help'],
      ['check', '-h'],
      ['--help', 'check'],
    ]) {
      expect((await runMuster(args, { cwd: folder })).stdout).to.equal(stdout);
    }
  });
});
