import { expect } from 'chai';
import { createJsonView } from '../../../lib/interfaces/cli/attach/json-view.ts';
import { createOutput } from '../../../lib/interfaces/cli/output.ts';
import { toRefusalLine } from '../../../lib/interfaces/cli/render/json.ts';
import { createMirror } from '../../../lib/interfaces/control/mirror.ts';
import { aServiceSnapshot, aStackSnapshot } from '../../support/snapshots.ts';

/** When a view that comes 3 s after the beginning says that the stack began. */
const saidBegin = (booting: boolean): number => {
  const written: string[] = [];
  const open = () => ({ write: (text: string) => written.push(text), on: () => undefined }) as unknown as NodeJS.WriteStream;
  const output = createOutput({ open, env: {}, noColor: true });
  const snapshot = aStackSnapshot([aServiceSnapshot('api', 'starting')], { booting, elapsed: 3_000 });
  const mirror = createMirror(snapshot, { now: () => 0, wall: () => Date.now() });
  createJsonView(
    { mirror, plan: null, cwd: '/', again: 'muster up', toType: (words) => ['muster', ...words].join(' '), pathOf: () => null },
    output,
  ).begin(!booting);
  const { at, type } = JSON.parse(written.join('')) as { readonly at: string; readonly type: string };
  expect(type).to.equal('stackStarting');
  return Date.parse(at);
};

describe('events as JSON', () => {
  it('the first one has the time at which the boot began, so that nothing of it comes before', () => {
    const now = Date.now();
    expect(saidBegin(true)).to.be.within(now - 3_000, Date.now() - 3_000);
    expect(saidBegin(false)).to.be.within(now, Date.now());
  });

  it('a refusal is one line, without the colours and the name of the command, with all that was said', () => {
    expect(toRefusalLine('muster: the memory is damaged\nmuster stats: there is no run 9\n')).to.equal(
      '{"ok":false,"refusal":{"kind":"refused","reason":"the memory is damaged\\nthere is no run 9"}}',
    );
    expect(toRefusalLine('\x1b[31mmuster clean: this stack is up\x1b[0m; "muster down" first\n')).to.equal(
      '{"ok":false,"refusal":{"kind":"refused","reason":"this stack is up; \\"muster down\\" first"}}',
    );
  });
});
