import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { bootedProject, dashboardUrl, look, needsBrowser } from '../support/browser.ts';
import { runMuster } from '../support/cli.ts';
import { programPath } from '../support/procs.ts';

const program = `[node, ${JSON.stringify(programPath('web-service.mjs'))}]`;
const one = (name: string, more = ''): string => `  ${name}: { command: ${program}, port: auto${more} }\n`;

const stateOf = (page: Page, name: string, state: string) =>
  page.locator(`[data-service="${name}"][data-state="${state}"]`).waitFor({ timeout: 90_000 });

const button = (page: Page, name: string) => page.getByRole('grid').getByRole('button', { name, exact: true });

const isShown = (page: Page, view: string) => page.getByRole('tab', { name: view, selected: true }).waitFor();

/** As somebody pastes it into the address of a tab that is there already. */
const paste = (page: Page, address: string): Promise<unknown> => page.evaluate(`location.href = ${JSON.stringify(address)}`);

describe('the dashboard in a browser, steered', function () {
  needsBrowser(this);

  it('stops what never gets ready, while it is asked to restart', async () => {
    const once =
      "const fs = require('node:fs'); if (!fs.existsSync('go')) fs.writeFileSync('go', ''); setInterval(() => {}, 1e6)";
    const project = await bootedProject({
      'services.yaml': `services:\n  slow: { command: ['node', '-e', ${JSON.stringify(once)}], ready: { file: go } }\n`,
    });
    const { page, complaints } = await look(await dashboardUrl(project));
    await stateOf(page, 'slow', 'ready');
    await button(page, 'restart slow').click();
    await stateOf(page, 'slow', 'starting');
    await button(page, 'stop slow').click();
    await stateOf(page, 'slow', 'stopped');
    expect(complaints).to.deep.equal([]);
  });

  it('takes a view and a code that are pasted into its tab, and goes back', async () => {
    const project = await bootedProject({ 'services.yaml': `services:\n${one('db')}` });
    const url = await dashboardUrl(project);
    const first = await look(url);
    await stateOf(first.page, 'db', 'ready');
    const { page } = await look(url);
    await page.getByText('this code was used before').waitFor();
    await paste(page, await dashboardUrl(project));
    await stateOf(page, 'db', 'ready');
    expect(page.url()).not.to.contain('#t=');
    await paste(page, '#/logs');
    await isShown(page, 'Logs');
    await page.getByRole('tab', { name: 'Boot' }).click();
    await isShown(page, 'Boot');
    await page.goBack();
    await isShown(page, 'Logs');
    await page.goBack();
    await isShown(page, 'Services');
    await paste(page, url);
    await page.getByText('this code was used before').waitFor();
  });

  it('shows the log of a service with long lines', async () => {
    const print = `for (let i = 1; i <= 2000; i += 1) console.log('line ' + i + ' ' + 'x'.repeat(1200)); setInterval(() => {}, 1e6)`;
    const project = await bootedProject({
      'services.yaml': `services:\n  chatty: { command: ['node', '-e', ${JSON.stringify(print)}] }\n`,
    });
    const { page, complaints } = await look(await dashboardUrl(project));
    await stateOf(page, 'chatty', 'ready');
    await page.getByRole('tab', { name: 'Logs' }).click();
    await page.locator('.chooser select').selectOption('chatty');
    await page.locator('.log-row', { hasText: 'line 2000 ' }).waitFor();
    expect(complaints).to.deep.equal([]);
  });

  it('lets go of the details and the log of what an up takes away', async () => {
    const project = await bootedProject({ 'services.yaml': `services:\n${one('db')}${one('old')}` });
    const { page, complaints } = await look(await dashboardUrl(project));
    await stateOf(page, 'old', 'ready');
    await button(page, 'old').click();
    await page.getByRole('complementary', { name: 'About old' }).getByRole('button', { name: 'log', exact: true }).click();
    await isShown(page, 'Logs');
    project.write('services.yaml', `services:\n${one('db')}`);
    expect((await runMuster(['up', '-d'], { cwd: project.folder })).code).to.equal(0);
    await page.locator('.details, .app.with-details').first().waitFor({ state: 'detached' });
    expect(await page.locator('.chooser select').inputValue()).to.equal('');
    // It may just have asked about the one that went.
    expect(complaints.filter((text) => !text.includes('404 (Not Found)'))).to.deep.equal([]);
  });
});
