import { expect } from 'chai';
import { createPrefixer } from '../../../lib/interfaces/cli/render/prefix.ts';
import { renderStopping } from '../../../lib/interfaces/cli/render/stop.ts';
import { createTheme } from '../../../lib/interfaces/cli/render/theme.ts';
import { wrapText, wrapWhole } from '../../../lib/interfaces/cli/render/wrap.ts';
import { toClockTime, toMoment } from '../../../lib/util/local-time.ts';

const look = { colour: false, unicode: true };
const theme = createTheme(look);

describe('a sentence on a narrow terminal', () => {
  it('is broken between words; what has a word longer than the line is left whole, to be copied', () => {
    expect(wrapWhole('first boot of services.yaml: 9 commands', 20)).to.deep.equal([
      'first boot of',
      'services.yaml: 9',
      'commands',
    ]);
    expect(wrapWhole('short', 20)).to.deep.equal(['short']);
    expect(wrapWhole('it is at /a/path/that/is/quite/long', 20)).to.deep.equal(['it is at /a/path/that/is/quite/long']);
  });
});

describe('a line that is cut', () => {
  it('has its mark in letters that the output has, and its own dots as they are', () => {
    const plain = createTheme({ colour: false, unicode: false });
    expect(wrapText('a verylongword', { width: 6, most: 2, cut: plain.cut })).to.deep.equal(['a', 'veryl~']);
    expect(plain.cut('… and more', 8)).to.equal('… and m~');
    expect(theme.cut('… and more', 8)).to.equal('… and m…');
    expect(theme.cut('\ta\tb', null)).to.equal('\ta\tb');
  });
});

describe('other lines', () => {
  it('E13: while stopping, says who is awaited, how long, and its limit', () => {
    const awaited = [{ name: 'api', asked: 2_100, limit: 5_000 }];
    expect(renderStopping({ left: 4, awaited }, theme)).to.equal('stopping 4: waits for api (2.1 s of 5.0 s)');
    const many = ['a', 'b', 'c', 'd', 'e'].map((name) => ({ name, asked: 0, limit: name === 'a' ? null : 1_000 }));
    expect(renderStopping({ left: 9, awaited: many }, theme)).to.equal(
      'stopping 9: waits for a (is being killed), b (0.0 s of 1.0 s), c (0.0 s of 1.0 s) and 2 more',
    );
    expect(renderStopping({ left: 0, awaited: [] }, theme)).to.equal('stopping 0');
  });

  it('log lines stand behind aligned names', () => {
    const prefix = createPrefixer(['api', 'worker'], look);
    expect(prefix('api', 'hello')).to.equal('api    │ hello');
    expect(prefix('worker', '')).to.equal('worker │');
    expect(createPrefixer(['api'], { colour: false, unicode: false })('api', 'x')).to.equal('api | x');
  });

  it('S2: log lines keep their colours, and nothing else', () => {
    const text = '\x1b[31mred\x1b[0m \x1b[2J\x1b]8;;http://x\x07link\x1b]8;;\x07';
    expect(createPrefixer(['api'], { colour: true, unicode: true })('api', text)).to.equal(
      '\x1b[36mapi │\x1b[0m \x1b[31mred\x1b[0m link',
    );
    expect(createPrefixer(['api'], look)('api', text)).to.equal('api │ red link');
  });

  it('times of the day are local, with the date where it was another day', () => {
    const noon = new Date(2026, 0, 2, 12, 3, 4, 5).getTime();
    expect(toClockTime(noon)).to.equal('12:03:04.005');
    expect(toMoment(noon, noon + 1)).to.equal('12:03');
    expect(toMoment(noon, noon + 86_400_000)).to.equal('2026-01-02 12:03');
  });
});
