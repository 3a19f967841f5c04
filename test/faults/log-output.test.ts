import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { createLineTeller } from '../../lib/interfaces/cli/render/log-lines.ts';
import { createLineSplitter } from '../../lib/runtime/logs/line-splitter.ts';
import { createProject, runMuster } from '../support/cli.ts';
import { bootStack } from '../support/stack-rig.ts';
import { escape, sequences } from '../support/terminal-sequences.ts';

const names = ['api', 'worker'];
/** What follows the name of the service, which stands before it and cannot be any other. */
const show = (text: string, colour: boolean): string => {
  const tell = createLineTeller({ format: 'people', names, colour, unicode: true });
  const [line, name] = [text, ''].map((one) => tell({ service: 'api', stream: 'stdout', at: null, text: one }));
  expect(line?.startsWith(name ?? '?')).to.equal(true);
  return line?.slice((name?.length ?? 0) + 1) ?? '';
};

describe('what services print, on a terminal', () => {
  it(`S-24, F106: ${sequences.length} sequences reach no terminal, and hide nothing of the line around them`, () => {
    expect(sequences.length).to.be.at.least(120);
    for (const sequence of sequences) {
      for (const colour of [true, false]) {
        const shown = show(`before${sequence} after`, colour);
        const name = JSON.stringify(sequence);
        // oxlint-disable-next-line no-control-regex -- control characters are what this is about.
        expect(shown, name).to.not.match(/[\x00-\x1f\x7f-\x9f]/);
        expect(shown, name).to.match(/^before.* after$/u);
      }
      const data = createLineTeller({ format: 'json', names, colour: true, unicode: true });
      const line = data({ service: 'api', stream: 'stdout', at: null, text: `before${sequence} after` });
      expect(line).to.match(/^[ -~]*$/);
      expect((JSON.parse(line) as { text: string }).text).to.equal(`before${sequence} after`);
    }
  });

  it('S-24: what can be mistaken for something else is shown for what it is', () => {
    for (const [character, shown] of [
      ['\u202e', '\\u202e'],
      ['\u2066', '\\u2066'],
      ['\u200b', '\\u200b'],
      ['\ufeff', '\\ufeff'],
    ] as const)
      expect(show(`a${character}b`, true)).to.equal(`a${shown}b`);
    expect(show('nothing happened\rall is well', true)).to.equal('all is well');
  });

  it('S-25: a line cannot pass for one of another service, nor for data of ours', () => {
    const forged = 'worker │ all is well';
    const breaks = [
      '\n',
      '\r\n',
      '\r',
      '\x0b',
      '\x0c',
      '\x85',
      '\u2028',
      '\u2029',
      `${escape}E`,
      `${escape}[1E`,
      `${escape}[2K${escape}[1G`,
    ];
    for (const lineBreak of breaks) {
      const splitter = createLineSplitter();
      const lines = splitter.push(Buffer.from(`mine${lineBreak}${forged}\n`));
      for (const line of lines) expect(show(line, true), JSON.stringify(lineBreak)).to.match(/^[^\n\r]*$/);
    }
    const text = '","service":"worker","text":"all is well"}\n{"service":"worker"';
    const line = createLineTeller({ format: 'json', names, colour: false, unicode: true })({
      service: 'api',
      stream: 'stdout',
      at: null,
      text,
    });
    expect(JSON.parse(line)).to.deep.equal({ at: null, service: 'api', stream: 'stdout', text });
    expect(line).to.not.include('\n');
  });
});

describe('secrets that services print', () => {
  const secret = 'hunter2-hunter2';
  const services = {
    api: { command: ['sh', '-c', 'echo "token $API_TOKEN, port 80"; exec sleep 600'], env: { API_TOKEN: secret } },
  };

  it('S-27: are not shown by logs, whether the stack runs or not; the file keeps them, and so does --raw', async () => {
    const up = await bootStack(services);
    const logs = (...args: readonly string[]): ReturnType<typeof runMuster> =>
      runMuster(['logs', ...args], { cwd: up.project.folder });
    const following = await logs();
    expect(following).to.include({ code: 0, stdout: 'token ***, port 80\n', stderr: '' });
    expect((await logs('--json')).stdout)
      .to.include('token ***')
      .and.to.not.include(secret);
    expect((await logs('--raw')).stdout).to.equal(`token ${secret}, port 80\n`);
    await up.stop();
    expect(await logs()).to.include({ code: 0, stdout: 'token ***, port 80\n' });
    expect(readFileSync(up.project.path('logs', 'api.log'), 'utf8')).to.equal(`token ${secret}, port 80\n`);
  });

  it('S-27: that were changed since, or whose file is broken by now, are not shown while the process that has them runs', async function () {
    if (process.platform !== 'linux') this.skip();
    const up = await bootStack(services);
    const logs = (): ReturnType<typeof runMuster> => runMuster(['logs'], { cwd: up.project.folder });
    const changed = { api: { ...services.api, env: { API_TOKEN: 'another-word-of-its-own' } } };
    up.project.write('services.yaml', JSON.stringify({ services: changed }));
    expect(await logs()).to.include({ code: 0, stdout: 'token ***, port 80\n' });
    up.project.write('services.yaml', 'services: [');
    expect((await logs()).stdout).to.equal('token ***, port 80\n');
    up.project.write('services.yaml', JSON.stringify({ services }));
    await up.stop();
  });

  it('S-27: of several lines are not shown, line by line; a word that every project has is', async () => {
    const env = { TLS_PRIVATE_KEY: '-----BEGIN KEY-----\nMIIEvQIBADANBg\n-----END KEY-----\n', LEVEL_TOKEN: 'x' };
    const project = createProject({
      'services.yaml': JSON.stringify({
        services: {
          api: { command: ['sh', '-c', 'echo "$TLS_PRIVATE_KEY at $LEVEL on $HOST"'], type: 'task', env, env_file: '.env' },
        },
      }),
      '.env': 'LEVEL=debug\nHOST=localhost\n',
    });
    const { code, stdout, stderr } = await runMuster(['run', '--logs', '--', 'true'], { cwd: project.folder });
    expect(code, stderr).to.equal(0);
    expect(stdout + stderr)
      .to.match(/\*\*\*\n.*\*\*\*\n.*\*\*\*\n.* at debug on localhost\n/)
      .and.to.not.include('MIIEv');
  });

  it('S-27: are not shown by why and run', async () => {
    const failing = {
      api: { ...services.api, command: ['sh', '-c', 'echo "token $API_TOKEN"; exit 3'], restart: 'no', port: 'auto' },
    };
    const project = createProject({ 'services.yaml': JSON.stringify({ services: failing }) });
    const { code, stdout, stderr } = await runMuster(['run', '--logs', '--', 'true'], { cwd: project.folder });
    expect(code).to.equal(1);
    expect(stdout + stderr)
      .to.include('token ***')
      .and.to.not.include(secret);
  });
});
