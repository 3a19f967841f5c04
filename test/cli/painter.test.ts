import { expect } from 'chai';
import { createPainter } from '../../lib/interfaces/cli/render/painter.ts';
import { createTheme } from '../../lib/interfaces/cli/render/theme.ts';
import { createScreen } from '../support/screen.ts';

describe('the painter', () => {
  it('redraws its lines in place, and writes only what differs', () => {
    const screen = createScreen(20, 10);
    const painter = createPainter(screen);
    painter.paint(['a starting', 'b waiting']);
    const before = screen.raw().length;
    painter.paint(['a starting', 'b ready']);
    expect(screen.text()).to.deep.equal(['a starting', 'b ready']);
    expect(screen.raw().slice(before)).not.to.contain('a starting');
  });

  it('writes nothing when nothing differs', () => {
    const screen = createScreen(20, 10);
    const painter = createPainter(screen);
    painter.paint(['a']);
    const before = screen.raw();
    painter.paint(['a']);
    expect(screen.raw()).to.equal(before);
  });

  it('grows and shrinks', () => {
    const screen = createScreen(20, 10);
    const painter = createPainter(screen);
    painter.paint(['1', '2', '3']);
    painter.paint(['one']);
    expect(screen.text()).to.deep.equal(['one']);
    painter.paint(['one', 'two', 'three', 'four']);
    expect(screen.text()).to.deep.equal(['one', 'two', 'three', 'four']);
  });

  it('cuts as the output can show it, and has no tabs in its block', () => {
    const screen = { ...createScreen(4, 4), cut: createTheme({ colour: false, unicode: false }).cut };
    createPainter(screen).paint(['a\tbcd', 'x\ty']);
    expect(screen.text()).to.deep.equal(['a b~', 'x y']);
    expect(screen.raw()).not.to.contain('\t');
  });

  it('lets log lines go by above, into the scrollback', () => {
    const screen = createScreen(20, 4);
    const painter = createPainter(screen);
    painter.paint(['a', 'b']);
    for (const line of ['log 1', 'log 2', 'log 3', 'log 4']) painter.log([line]);
    expect(screen.text()).to.deep.equal(['log 1', 'log 2', 'log 3', 'log 4', 'a', 'b']);
    painter.clear();
    expect(screen.text()).to.deep.equal(['log 1', 'log 2', 'log 3', 'log 4']);
  });

  it('never draws more lines than the terminal has, nor longer ones', () => {
    const screen = createScreen(5, 4);
    const painter = createPainter(screen);
    for (const round of ['x', 'y']) painter.paint([1, 2, 3, 4, 5, 6].map((line) => `${line} is long ${round}`));
    expect(screen.text()).to.deep.equal(['4 is…', '5 is…', '6 is…']);
  });

  it('a full line keeps its last character', () => {
    const screen = createScreen(4, 4);
    const painter = createPainter(screen);
    painter.paint(['abcd', 'x']);
    painter.paint(['efgh', 'x']);
    expect(screen.text()).to.deep.equal(['efgh', 'x']);
  });

  for (const columns of [6, 40]) {
    it(`survives a terminal that is now ${columns} columns wide`, () => {
      const screen = createScreen(20, 10);
      const painter = createPainter(screen);
      painter.log(['kept']);
      painter.paint(['a is starting', 'b is waiting']);
      screen.resize(columns, 10);
      painter.paint(['a is ready', 'b is ready']);
      expect(screen.text()).to.deep.equal(columns === 6 ? ['kept', 'a is …', 'b is …'] : ['kept', 'a is ready', 'b is ready']);
    });
  }

  it('hides the cursor while it paints, and gives it back at the end, after which it paints nothing', () => {
    const screen = createScreen(20, 10);
    const painter = createPainter(screen);
    painter.paint(['a']);
    expect(screen.isCursorShown()).to.equal(false);
    painter.end();
    painter.paint(['b']);
    painter.log(['c']);
    expect(screen.isCursorShown()).to.equal(true);
    expect(screen.text()).to.deep.equal(['a']);
  });
});
