import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { bootedProject, dashboardUrl, look, needsBrowser } from '../support/browser.ts';

const serve = (text: string): string =>
  `[node, -e, "require('http').createServer((q, r) => (q.url === '/crash' ? process.exit(7) : r.end('${text}'))).listen(process.env.PORT)"]`;

/** web ─► api ─► db, and a task. */
const shop = `
name: shop
services:
  db:
    command: ${serve('db')}
    port: auto
  migrate:
    type: task
    command: node -e "console.log('2 tables made')"
    depends_on: [db]
  api:
    command: ${serve('api')}
    port: auto
    health_url: \${api.url}/
    restart: no
    depends_on: [migrate]
  web:
    command: ${serve('web')}
    port: auto
    depends_on: [api]
`;

const stateOf = (page: Page, name: string, state: string) =>
  page.locator(`[data-service="${name}"][data-state="${state}"]`).waitFor({ timeout: 15_000 });

const button = (page: Page, name: string) => page.getByRole('grid').getByRole('button', { name, exact: true });

describe('the dashboard in a browser', function () {
  needsBrowser(this);

  it('shows every service; stop asks about those that need it, and start brings back what was stopped', async () => {
    const project = await bootedProject({ 'services.yaml': shop });
    const { page, complaints } = await look(await dashboardUrl(project));
    for (const name of ['db', 'api', 'web']) await stateOf(page, name, 'ready');
    await stateOf(page, 'migrate', 'completed');
    expect(page.url()).not.to.contain('#t=');

    await button(page, 'stop web').click();
    await stateOf(page, 'web', 'stopped');
    await button(page, 'start web').click();
    await stateOf(page, 'web', 'ready');

    await button(page, 'stop db').click();
    const dialog = page.getByRole('dialog');
    expect(await dialog.textContent())
      .to.contain('api')
      .and.to.contain('web');
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await stateOf(page, 'db', 'ready');

    await button(page, 'stop db').click();
    await dialog.getByRole('button', { name: /^Stop all/ }).click();
    for (const name of ['db', 'api', 'web']) await stateOf(page, name, 'stopped');
    await button(page, 'start web').click();
    for (const name of ['db', 'api', 'web']) await stateOf(page, name, 'ready');
    expect(complaints).to.deep.equal([]);
  });
});
