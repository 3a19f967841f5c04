import { expect } from 'chai';
import type { ServiceSnapshot } from '../../lib/domain/snapshot.ts';
import type { Facts } from '../../lib/interfaces/cli/attach/facts.ts';
import { createLiveView } from '../../lib/interfaces/cli/attach/live-view.ts';
import { createPlainView } from '../../lib/interfaces/cli/attach/plain-view.ts';
import type { View } from '../../lib/interfaces/cli/attach/view.ts';
import { createOutput, type Output } from '../../lib/interfaces/cli/output.ts';
import { createMirror } from '../../lib/interfaces/control/mirror.ts';
import { stripAnsi } from '../../lib/util/ansi.ts';
import { aBoot, aRun } from '../support/runs.ts';
import { aServiceSnapshot, aStackSnapshot } from '../support/snapshots.ts';

const kinds: readonly (readonly [string, (facts: Facts, output: Output) => View])[] = [
  ['a terminal', (facts, output) => createLiveView(facts, output, 'Ctrl-C stops it')],
  ['a pipe', createPlainView],
];

const base = createOutput({ open: () => process.stdout, env: {}, noColor: true });

for (const [place, create] of kinds) {
  describe(`the line that says that everything stops, in ${place}`, () => {
    let view: View | null = null;
    let [said, raw] = ['', ''];
    const show = (services: readonly ServiceSnapshot[], more: Partial<Facts> = {}, name = 'shop'): View => {
      [said, raw] = ['', ''];
      const write = (text: string): void => {
        raw += text;
        said += stripAnsi(text).replaceAll('\r', '');
      };
      const output: Output = {
        ...base,
        write,
        line: (text) => write(`${text}\n`),
        lines: (texts) => write(texts.map((text) => `${text}\n`).join('')),
        onResize: () => () => undefined,
      };
      const mirror = createMirror({ ...aStackSnapshot(services), name }, { now: () => 0, wall: () => 0 });
      view = create(
        {
          mirror,
          plan: null,
          cwd: '/',
          again: 'muster up',
          toType: (words) => ['muster', ...words].join(' '),
          pathOf: () => null,
          ...more,
        },
        output,
      );
      return view;
    };
    const lines = (): readonly string[] => said.split('\n').filter((line) => /stopping in order|has 1 s|killing/.test(line));
    const ready = [aServiceSnapshot('db', 'ready')];

    afterEach(() => view?.close());

    it('says each time what a further Ctrl-C would do', () => {
      const { stopping } = show(ready);
      for (const times of [1, 2, 3]) stopping(times);
      expect(lines()).to.deep.equal([
        'stopping in order; Ctrl-C again gives everything 1 s',
        'everything has 1 s; Ctrl-C again kills now',
        'killing everything',
      ]);
    });

    it('S2: what a hook has said, and what the stack and its services are called, is no command to it', () => {
      const evil = '\x1b[2J\x1b[31mx\x1b]0;owned\x07';
      const web = { ...aServiceSnapshot('web', 'ready'), label: evil, url: 'http://localhost:1' };
      const { begin, notice, booted } = show([web], {}, evil);
      begin(true);
      notice(`the before_up hook exited with code 1: ${evil}`, 0);
      booted({ outcome: aStackSnapshot([web]).outcome, run: aRun(1, { web: aBoot(10) }), failures: [] });
      expect(said).to.match(/^x .*runs already|^x is run by/m);
      expect(said).to.match(/hook exited with code 1: x$/m);
      expect(said).to.match(/^x is up/m);
      expect(said).to.match(/http:\/\/localhost:1 {2}x$/m);
      expect(raw).not.to.match(/owned|\x1b\[2J|\x1b\[31m/);
    });

    it('says nothing of Ctrl-C where it only leaves the stack', () => {
      const { stopping } = show(ready, { canHurry: false });
      for (const times of [1, 2, 3]) stopping(times);
      expect(lines()).to.deep.equal(['stopping in order', 'everything has 1 s', 'killing everything']);
    });

    it('says nothing of Ctrl-C where it ends by itself, as nothing runs any more', () => {
      show([aServiceSnapshot('seed', 'completed'), aServiceSnapshot('web', 'skipped')]).stopping(1);
      expect(lines()).to.deep.equal(['stopping in order']);
    });

    it('says nothing of Ctrl-C where a boot that failed is taken down; but does when somebody presses it then', () => {
      const { booted, stopping } = show(ready);
      const { outcome } = aStackSnapshot(ready);
      booted({ outcome: { ...outcome, verdict: 'failed' }, run: aRun(1, { db: aBoot(10) }), failures: [], ends: true });
      stopping(1);
      stopping(1);
      expect(lines()).to.deep.equal(['stopping in order', 'stopping in order; Ctrl-C again gives everything 1 s']);
    });
  });
}
