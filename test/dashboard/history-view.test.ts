import { expect } from 'chai';
import { look, needsBrowser } from '../support/browser.ts';
import { manyServices, servePage } from '../support/dashboard-page.ts';

const wholeRuns = [1, 2, 3].map((run) => ({ run, at: 1_700_000_000_000, ms: run * 1_000, outcome: 'up' }));
const stats = {
  stack: { runs: 3, last: 3_000, p50: 2_000, p95: 3_000, wholeRuns },
  services: [],
  shifts: [],
  hints: [],
};

const aRunAnswer = (id: number) => ({
  id,
  startedAt: 1_700_000_000_000,
  environment: 'development',
  outcome: 'up',
  duration: id * 1_000,
  timeline: [{ name: `of-run-${id}`, spans: [], ready: 10 }],
  chain: [],
  slack: [],
});

describe('the boots on the page', function () {
  needsBrowser(this);

  it('each one of the history is shown as it was when its bar is chosen, by pointer or by keys', async () => {
    const served = await servePage(manyServices(1));
    served.answer({ stats, 'runs/2': aRunAnswer(2), 'runs/3': aRunAnswer(3) });
    const { page, complaints } = await look(served.url);
    await page.getByRole('tab', { name: 'History' }).click();
    await page.locator('[data-run="2"]').click();
    await page.locator('[data-timeline="of-run-2"]').waitFor();
    await page.getByText(/^Run 2, .*: up after 2\.0 s$/).waitFor();
    await page.locator('[data-run="2"]').focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    await page.locator('[data-timeline="of-run-3"]').waitFor();
    await page.getByRole('button', { name: 'Close run 3' }).click();
    await page.locator('.run-view').waitFor({ state: 'detached' });
    expect(complaints).to.deep.equal([]);
  });

  it('the critical path of a boot is that of the boot whose timeline is drawn, whatever was started since', async () => {
    const served = await servePage(manyServices(1));
    const chain = [{ service: 'of-run-2', from: 0, to: 10 }];
    served.answer({
      boot: { booting: false, run: 2, startedAt: 1, elapsed: 10, outcome: 'up', services: aRunAnswer(2).timeline },
      'runs/2': { ...aRunAnswer(2), chain },
      'runs/last': { ...aRunAnswer(3), chain: [{ service: 'of-run-3', from: 0, to: 10 }] },
    });
    const { page, complaints } = await look(served.url);
    await page.getByRole('tab', { name: 'Boot' }).click();
    await page.getByText('critical path of-run-2').waitFor();
    expect(complaints).to.deep.equal([]);
  });
});
