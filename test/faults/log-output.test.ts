import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { createLineTeller } from '../../lib/interfaces/cli/render/log-lines.ts';
import { createLineSplitter } from '../../lib/runtime/logs/line-splitter.ts';
import { createProject, runMuster } from '../support/cli.ts';
import { bootStack } from '../support/stack-rig.ts';

const escape = '\x1b';
const bell = '\x07';
const stringEnd = `${escape}\\`;
const range = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => String.fromCharCode(from + index));

/** All that a terminal does something for, other than colours. */
const sequences: readonly string[] = [
  // CSI: every final byte but that of colours, bare, with numbers, and private.
  ...range(0x40, 0x7e).flatMap((final) => (final === 'm' ? [] : [`${escape}[${final}`, `${escape}[2;5${final}`])),
  ...['?25l', '?1049h', '?2004h', '?1006h', '>c', '>4;2m', '=c', '<u', '!p', ' q', '"q', "'z", '?6n', '6n', '14t', '21t'].map(
    (rest) => `${escape}[${rest}`,
  ),
  // OSC: title, folder, link, notification, colours, clipboard, reports, shell marks, images; with both ends.
  ...[
    '0;t',
    '1;t',
    '2;t',
    '4;1;?',
    '7;file://h/',
    '8;;http://evil.test',
    '9;n',
    '10;?',
    '11;?',
    '12;?',
    '52;c;cm0gLXJm',
    '52;c;?',
    '104',
    '110',
    '133;A',
    '633;A',
    '777;notify;a;b',
    '1337;File=inline=1:AAAA',
    '1337;SetUserVar=a=b',
    'L;icon',
  ].flatMap((text) => [`${escape}]${text}${bell}`, `${escape}]${text}${stringEnd}`]),
  // DCS (DECRQSS, terminfo, sixel, pass-through of tmux), APC, PM, SOS.
  ...['P$qm', 'P$q"p', 'P+q544e', 'Pq#0;2;0;0;0~-', 'Ptmux;\x1b\x1b]52;c;AAAA\x07', '_Ga=T;AAAA', '^private', 'Xstring'].map(
    (text) => `${escape}${text}${stringEnd}`,
  ),
  // Single ones: reset, save, keypad, index, shifts, alignment, character sets.
  ...[
    'c',
    '7',
    '8',
    '=',
    '>',
    'D',
    'E',
    'H',
    'M',
    'N',
    'O',
    'Z',
    '#8',
    '(0',
    ')B',
    '*0',
    '+0',
    '%G',
    'n',
    'o',
    '|',
    '}',
    '~',
    ' F',
  ].map((text) => `${escape}${text}`),
  // The same in eight bits.
  ...['\x9b2J', '\x9b6n', '\x9b?1049h', '\x9d0;t\x9c', '\x9d52;c;AAAA\x9c', '\x90$qm\x9c', '\x9fG\x9c', '\x9ep\x9c', '\x98s\x9c'],
  ...range(0x80, 0x9f).filter((character) => !'\x90\x98\x9b\x9d\x9e\x9f'.includes(character)),
];

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
