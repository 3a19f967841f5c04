import { expect } from 'chai';
import { look, needsBrowser } from '../support/browser.ts';
import { manyServices, servePage } from '../support/dashboard-page.ts';

const many = [
  ...manyServices(60),
  ...manyServices(60, 'starting', 'starting'),
  ...manyServices(60, 'waiting', 'waiting'),
  ...manyServices(20, 'failed', 'broken'),
];
const name = 'a-long-name-of-a-stack-that-somebody-has-given-to-it-for-whatever-reason-there-was';

describe('the page where there is little room', function () {
  needsBrowser(this);

  it('tells what has failed, whatever the stack is called and however many services there are, and is no wider than a phone', async () => {
    const served = await servePage(many, { name, verdict: 'failed' });
    for (const [width, height] of [
      [1_400, 900],
      [390, 844],
    ] as const) {
      const { page, complaints } = await look(served.url, { viewport: { width, height } });
      const failed = page.locator('.count', { hasText: '20 failed' });
      await failed.waitFor();
      const counts = await page.locator('.counts').boundingBox();
      const box = await failed.boundingBox();
      if (counts === null || box === null) throw new Error('they have no place');
      expect(box.x + box.width, `${width} pixels`).to.be.at.most(Math.min(width, counts.x + counts.width) + 0.5);
      expect(await page.evaluate('document.documentElement.scrollWidth > innerWidth')).to.equal(false);
      expect(await page.locator('[data-service]').first().getAttribute('data-state')).to.equal('failed');
      expect(complaints).to.deep.equal([]);
    }
  });
});
