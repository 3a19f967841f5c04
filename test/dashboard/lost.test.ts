import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { look, needsBrowser } from '../support/browser.ts';
import { manyServices, servePage } from '../support/dashboard-page.ts';
import { aServiceSnapshot } from '../support/snapshots.ts';

const tab = (page: Page, name: string) => page.getByRole('tab', { name }).click();

describe('the page of a stack that is not heard of any more', function () {
  needsBrowser(this);

  it('says since when, dims what it shows and lets no clock run on; what is opened then cannot be read', async () => {
    const served = await servePage(manyServices(3));
    const { page } = await look('about:blank');
    await page.clock.install();
    await page.goto(served.url);
    await page.locator('[data-service="service-1"]').waitFor();
    await served.die();
    await page.getByText(/^As of \d\d:\d\d:\d\d: no connection to the supervisor/).waitFor();
    await page.locator('.app.is-stale').waitFor();
    const age = page.locator('[data-service="service-1"] .number').first();
    const before = await age.textContent();
    await page.clock.runFor(90_000);
    expect(await age.textContent()).to.equal(before);
    await tab(page, 'Logs');
    await page.getByText('The log cannot be read: there is no connection to the supervisor.').waitFor();
    await tab(page, 'History');
    await page.getByText('The memory cannot be read: there is no connection to the supervisor.').waitFor();
    await tab(page, 'Ports');
    await page.getByText('Who listens cannot be read: there is no connection to the supervisor.').waitFor();
  });

  it('says that the supervisor has ended, also in its title, and what could not be ended', async () => {
    const served = await servePage(manyServices(1));
    const { page, complaints } = await look(served.url);
    await page.locator('[data-service="service-1"]').waitFor();
    expect(await page.title()).to.equal('shop: up – muster');
    served.tell('ended', { result: { survivors: [{ name: 'api', processes: [{ pid: 4711, command: 'node x' }] }] } });
    await page.getByText(/^As of \d\d:\d\d:\d\d: the supervisor has ended/).waitFor();
    await page.getByText('api could not be ended: process 4711 (node x)').waitFor();
    expect(await page.title()).to.equal('shop: ended – muster');
    expect(complaints).to.deep.equal([]);
  });

  it('tells that the file was edited, and of a mistake in it', async () => {
    const edited = { added: [], problem: null };
    const served = await servePage([aServiceSnapshot('db', 'ready', { edited: 'changed' })], { edited });
    const { page, complaints } = await look(served.url);
    await page.getByText('services.yaml has changed. changed: db. muster up applies it.').waitFor();
    expect(complaints).to.deep.equal([]);
  });
});
