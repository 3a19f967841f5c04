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

  it('shows the end of each name, in every view, and what is left out when it is pointed at', async () => {
    const names = ['payments-and-invoicing-of-everything-gateway-1', 'payments-and-invoicing-of-everything-gateway-2'];
    const services = names.map((each) => manyServices(1).map((service) => ({ ...service, name: each, label: each }))).flat();
    const served = await servePage(services);
    const timeline = names.map((each) => ({ name: each, spans: [], ready: 500 }));
    served.answer({ boot: { booting: false, run: null, startedAt: 1, elapsed: 900, outcome: 'up', services: timeline } });
    const { page, complaints } = await look(served.url, { viewport: { width: 390, height: 844 } });
    for (const view of ['Services', 'Boot']) {
      await page.getByRole('tab', { name: view }).click();
      const [first, second] = [page.locator('.name-tail').first(), page.locator('.name-tail').nth(1)];
      await second.waitFor();
      expect([await first.textContent(), await second.textContent()], view).to.deep.equal(['-gateway-1', '-gateway-2']);
      const box = await second.boundingBox();
      const row = await page.locator('[data-service], [data-timeline]').nth(1).boundingBox();
      if (box === null || row === null) throw new Error('they have no place');
      expect(box.x + box.width, view).to.be.below(row.x + row.width);
      expect(await page.locator('.name-cut').first().getAttribute('title'), view).to.equal(names[0]);
    }
    await page.getByRole('tab', { name: 'Graph' }).click();
    expect(await page.locator('.node text').allTextContents()).to.deep.equal([
      'payments-and-…-gateway-1',
      'payments-and-…-gateway-2',
    ]);
    expect(complaints).to.deep.equal([]);
  });
});
