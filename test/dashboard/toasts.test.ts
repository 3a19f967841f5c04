import { expect } from 'chai';
import { addToast, type Toast, toShown } from '../../lib/interfaces/dashboard/state/toasts.ts';

const said = (...texts: readonly (readonly [Toast['tone'], string])[]): readonly Toast[] =>
  texts.reduce<readonly Toast[]>((toasts, [tone, text], id) => addToast(toasts, { id, tone, text }), []);

const failures = Array.from({ length: 20 }, (_, index) => ['bad', `s${index} failed`] as const);

describe('the messages of the page', () => {
  it('of twenty failures at once none is lost: the newest are shown, the others are counted', () => {
    const toasts = said(...failures);
    expect(toasts).to.have.lengthOf(20);
    const { shown, more } = toShown(toasts);
    expect(shown.map(({ text }) => text)).to.deep.equal(['s17 failed', 's18 failed', 's19 failed']);
    expect(more).to.equal(17);
  });

  it('what is no failure makes room for what is newer, and never for a failure', () => {
    const infos = ['a', 'b', 'c', 'd', 'e'].map((text) => ['info', text] as const);
    expect(said(['bad', 'api failed'], ...infos).map(({ text }) => text)).to.deep.equal(['api failed', 'b', 'c', 'd', 'e']);
  });

  it('what is said again is one message, with how often', () => {
    const toasts = said(['bad', 'api failed'], ['bad', 'db failed'], ['bad', 'api failed']);
    expect(toasts.map(({ text, times }) => `${text} ${times}`)).to.deep.equal(['db failed 1', 'api failed 2']);
  });
});
