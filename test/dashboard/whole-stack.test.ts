import { expect } from 'chai';
import { bootedProject, dashboardUrl, look, needsBrowser } from '../support/browser.ts';
import { manyServices, servePage } from '../support/dashboard-page.ts';
import { programPath } from '../support/procs.ts';

const program = `[node, ${JSON.stringify(programPath('web-service.mjs'))}]`;
const two = `services:\n  db: { command: ${program}, port: auto }\n  web: { command: ${program}, port: auto, depends_on: [db] }\n`;

describe('the whole stack, from the page', function () {
  needsBrowser(this);

  it('is stopped, started and taken down; then the page says that the supervisor has ended', async () => {
    const project = await bootedProject({ 'services.yaml': two });
    const { page, complaints } = await look(await dashboardUrl(project));
    const choose = async (word: string): Promise<void> => {
      await page.getByRole('button', { name: 'All services …' }).click();
      await page.getByRole('dialog').getByRole('button', { name: word, exact: true }).click();
    };
    const are = async (state: string): Promise<void> => {
      for (const name of ['db', 'web']) await page.locator(`[data-service="${name}"][data-state="${state}"]`).waitFor();
    };
    await are('ready');
    await choose('Stop all');
    await are('stopped');
    await choose('Start all');
    await are('ready');
    await choose('Down …');
    await page
      .getByRole('dialog', { name: /^Take .* down/ })
      .getByRole('button', { name: 'Take it down' })
      .click();
    await page.getByText(/: the supervisor has ended/).waitFor();
    expect(complaints.filter((text) => !text.includes('ERR_'))).to.deep.equal([]);
  });

  it('is not taken down by one press of a button, nor anything behind the dialog by its keys', async () => {
    const served = await servePage(manyServices(2));
    const { page, complaints } = await look(served.url);
    await page.locator('[data-service="service-2"]').waitFor();
    await page.keyboard.press('j');
    await page.getByRole('button', { name: 'All services …' }).press('Enter');
    await page.getByRole('dialog').press('s');
    await page.getByRole('dialog').getByRole('button', { name: 'Down …' }).press('Enter');
    await page.getByRole('dialog', { name: 'Take shop down?' }).getByRole('button', { name: 'Cancel' }).press('Enter');
    await page.locator('dialog').waitFor({ state: 'detached' });
    expect(served.posted).to.deep.equal([]);
    expect(complaints).to.deep.equal([]);
  });
});
