import { expect } from 'chai';
import { displayWidth, stripAnsi, truncateToWidth } from '../../lib/util/ansi.ts';
import { toSafeText } from '../../lib/util/terminal-text.ts';

const escape = '\x1b';
const bell = '\x07';
const end = `${escape}\\`;

describe('S2, S-24: output of services on a terminal', () => {
  const dropped: readonly (readonly [string, string])[] = [
    ['a cursor move', `${escape}[2;5H`],
    ['clearing the screen', `${escape}[2J`],
    ['the alternate screen', `${escape}[?1049h`],
    ['a question for the cursor', `${escape}[6n`],
    ['a question for the terminal', `${escape}[>c`],
    ['a setting of the keyboard', `${escape}[>4;2m`],
    ['the title', `${escape}]0;title${bell}`],
    ['the title, ended by ST', `${escape}]2;title${end}`],
    ['the clipboard (OSC 52)', `${escape}]52;c;cm0gLXJm${bell}`],
    ['a question for the colour', `${escape}]11;?${bell}`],
    ['DECRQSS', `${escape}P$qm${end}`],
    ['a sixel picture', `${escape}Pq#0;2;0;0;0~-${end}`],
    ['APC', `${escape}_Ga=T;AAAA${end}`],
    ['PM', `${escape}^private${end}`],
    ['SOS', `${escape}Xstring${end}`],
    ['a reset of the terminal', `${escape}c`],
    ['another character set', `${escape}(0`],
    ['8-bit CSI', '\x9b2J'],
    ['8-bit OSC', '\x9d52;c;AAAA\x9c'],
    ['8-bit DCS', '\x90$qm\x9c'],
    ['a lone C1 character', '\x85'],
    ['a lone escape', escape],
    ['a sequence within a sequence', `${escape}[${escape}[2J`],
    ['a sequence without its end', `${escape}[31`],
  ];
  for (const [what, sequence] of dropped) {
    it(`lets no ${what} through`, () => {
      const safe = toSafeText(`before${sequence}`, { colours: true });
      expect(safe).to.not.match(new RegExp(`[${escape}\\x80-\\x9f]`));
      expect(safe.startsWith('before')).to.equal(true);
      expect(toSafeText(`${sequence}${sequence}`, { colours: false })).to.not.match(/[\x00-\x08\x0a-\x1f\x7f-\x9f]/);
    });
  }

  it('keeps the text of a link and drops where it leads', () => {
    expect(toSafeText(`${escape}]8;;http://evil.test${end}click${escape}]8;;${end}`, { colours: true })).to.equal('click');
  });

  it('shows what follows a sequence that has no end', () => {
    expect(toSafeText(`${escape}]0;the rest of the line`, { colours: true })).to.match(/the rest of the line$/);
  });

  it('keeps colours, and ends those that were left on', () => {
    expect(toSafeText(`${escape}[1;31mred${escape}[0m`, { colours: true })).to.equal(`${escape}[1;31mred${escape}[0m`);
    expect(toSafeText(`${escape}[38;2;1;2;3mred`, { colours: true })).to.equal(`${escape}[38;2;1;2;3mred${escape}[0m`);
    expect(toSafeText('\x9b31mred\x9bm', { colours: true })).to.equal(`${escape}[31mred${escape}[m`);
    expect(toSafeText(`${escape}[31mred${escape}[m`, { colours: false })).to.equal('red');
  });

  it('shows the last text of a line that overwrites itself', () => {
    expect(toSafeText('10 %\r50 %\r100 %', { colours: false })).to.equal('100 %');
    expect(toSafeText('done\r', { colours: false })).to.equal('done');
    expect(toSafeText('\r\r', { colours: false })).to.equal('');
  });

  it('shows what cannot be seen as escapes', () => {
    expect(toSafeText('user\u202egnp.exe', { colours: true })).to.equal('user\\u202egnp.exe');
    expect(toSafeText('a\u200bb\ufeff', { colours: true })).to.equal('a\\u200bb\\ufeff');
    expect(toSafeText('\u2066x\u2069\u{e0041}', { colours: true })).to.equal('\\u2066x\\u2069\\u{e0041}');
    expect(toSafeText('\0\x07\b\x7f\n', { colours: true })).to.equal('\\0\\x07\\x08\\x7f\\n');
    expect(toSafeText('a\ud800b', { colours: true })).to.equal('a\ufffdb');
  });

  it('leaves ordinary text as it is', () => {
    for (const text of ['', 'GET /health 200', 'a\tb', 'Grüße, 世界 👍', 'C:\\new']) {
      expect(toSafeText(text, { colours: true })).to.equal(text);
      expect(toSafeText(text, { colours: false })).to.equal(text);
    }
  });

  it('takes linear time on the longest lines', () => {
    for (const piece of [escape, '\x9d', `${escape}[`, `${escape}]`, `${escape}[0`, '\r', `${escape}P`, '\u202e']) {
      const text = piece.repeat(32_768);
      for (const line of [text, `${text}x`]) {
        toSafeText(line, { colours: true });
        stripAnsi(line);
      }
    }
  });
});

describe('widths on a terminal', () => {
  it('counts columns', () => {
    const widths: readonly (readonly [string, number])[] = [
      ['', 0],
      ['plain', 5],
      ['Grüße', 5],
      ['e\u0301', 1],
      ['日本', 4],
      ['👍', 2],
      ['한글', 4],
      ['✔ ok', 4],
      ['●', 1],
      [`${escape}[31mred${escape}[0m`, 3],
    ];
    for (const [text, width] of widths) expect(displayWidth(text), text).to.equal(width);
  });

  it('gives no width to exactly what Unicode says has none', () => {
    for (let code = 0x80; code < 0x3000; code += 1) {
      const character = String.fromCodePoint(code);
      if (stripAnsi(character) === '') continue;
      expect(displayWidth(character) === 0, code.toString(16)).to.equal(/[\p{Mn}\p{Me}\p{Cf}\p{Cc}]/u.test(character));
    }
  });

  it('a tab takes one column, as the blank that it is cut to', () => {
    expect(displayWidth('\tat\tx')).to.equal(5);
    expect(truncateToWidth('\tat\tx', 5)).to.equal(' at x');
    expect(truncateToWidth('\tat\tx', 4)).to.equal(' at…');
    expect(truncateToWidth(`${escape}[31m\tat\tx${escape}[0m`, 4)).to.equal(`${escape}[31m at…${escape}[0m`);
  });

  it('cuts to a width without breaking characters or colours', () => {
    expect(truncateToWidth('abcdef', 6)).to.equal('abcdef');
    expect(truncateToWidth('abcdef', 4)).to.equal('abc…');
    expect(truncateToWidth('abcdef', 1)).to.equal('…');
    expect(truncateToWidth('abcdef', 0)).to.equal('');
    expect(truncateToWidth('abcdef', 4, '~')).to.equal('abc~');
    expect(truncateToWidth('日本語', 4)).to.equal('日…');
    expect(truncateToWidth('日本語', 5)).to.equal('日本…');
    expect(truncateToWidth(`${escape}[31mabcdef${escape}[0m`, 4)).to.equal(`${escape}[31mabc…${escape}[0m`);
  });
});
