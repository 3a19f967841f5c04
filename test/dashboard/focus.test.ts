import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { look, needsBrowser } from '../support/browser.ts';
import { manyServices, servePage } from '../support/dashboard-page.ts';
import { until } from '../support/procs.ts';
import { aServiceSnapshot } from '../support/snapshots.ts';

const focused = (page: Page): Promise<unknown> =>
  page.evaluate('document.activeElement.getAttribute("aria-label") ?? document.activeElement.tagName');

/** db ─► api, both run. */
const served = async () => {
  const page = await servePage(manyServices(2));
  const service = (name: string, dependents: readonly string[]) => ({ name, label: name, type: 'service', depth: 0, dependents });
  const details = { command: 'serve', cwd: '/shop', dependsOn: [], dependents: ['service-2'], env: [] };
  page.answer({
    'services/service-1': { ...aServiceSnapshot('service-1', 'ready'), ...details },
    graph: { services: [service('service-1', ['service-2']), service('service-2', [])], edges: [] },
  });
  return page;
};

describe('the focus on the page', function () {
  needsBrowser(this);

  it('stays on the button that was pressed, also while what it asked for is under way', async () => {
    const { url, tell } = await served();
    const { page, complaints } = await look(url);
    const stop = page.getByRole('button', { name: 'stop service-2' });
    await stop.focus();
    await page.keyboard.press('Enter');
    tell('changed', { service: aServiceSnapshot('service-2', 'stopped'), verdict: 'degraded', at: 1 });
    await page.getByRole('button', { name: 'start service-2', exact: true }).waitFor();
    expect(await focused(page)).to.equal('start service-2');
    expect(complaints).to.deep.equal([]);
  });

  it('goes back to who had it when a dialog or the details are closed', async () => {
    const { url, posted } = await served();
    const { page, complaints } = await look(url);
    // Who needs whom is known when it can be drawn.
    await page.getByRole('tab', { name: 'Graph' }).click();
    await page.locator('[data-node="service-1"]').waitFor();
    await page.getByRole('tab', { name: 'Services' }).click();
    const stop = page.getByRole('button', { name: 'stop service-1' });
    for (const end of ['Cancel', 'Stop only service-1']) {
      await stop.focus();
      await page.keyboard.press('Enter');
      await page.getByRole('dialog').getByRole('button', { name: end }).press('Enter');
      await page.locator('dialog').waitFor({ state: 'detached' });
      expect(await focused(page), end).to.equal('stop service-1');
    }
    await until('it was asked for', () => posted.length > 0);
    expect(posted).to.deep.equal(['services/service-1/stop']);
    await page.getByRole('grid').getByRole('button', { name: 'service-1', exact: true }).press('Enter');
    await page.getByRole('complementary').getByRole('button', { name: 'Close' }).press('Enter');
    await page.locator('.details').waitFor({ state: 'detached' });
    expect(await focused(page)).to.equal('service-1');
    expect(complaints).to.deep.equal([]);
  });

  it('is in the list when a service is chosen by a key: the list says which, and what its columns are; a log is not read aloud', async () => {
    const { url } = await served();
    const { page, complaints } = await look(url);
    await page.locator('[data-service="service-2"]').waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.locator('[data-service="service-2"][aria-selected="true"]').waitFor();
    expect(await focused(page)).to.equal('Services');
    const active = String(await page.getByRole('grid').getAttribute('aria-activedescendant'));
    expect(await page.locator(`[id="${active}"]`).getAttribute('data-service')).to.equal('service-2');
    expect(await page.getByRole('columnheader').count()).to.equal(8);
    await page.getByRole('tab', { name: 'Logs' }).click();
    expect(await page.getByRole('log').getAttribute('aria-live')).to.equal('off');
    expect(complaints).to.deep.equal([]);
  });

  it('comes to a service of the graph, which is opened from there', async () => {
    const { url } = await served();
    const { page, complaints } = await look(url);
    await page.getByRole('tab', { name: 'Graph' }).click();
    await page.locator('[data-node="service-1"]').focus();
    await page.keyboard.press('Enter');
    await page.getByRole('complementary', { name: 'About service-1' }).waitFor();
    expect(complaints).to.deep.equal([]);
  });
});
