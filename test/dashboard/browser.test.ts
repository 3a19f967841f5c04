import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { bootedProject, dashboardUrl, look, needsBrowser } from '../support/browser.ts';
import { createProject, type Project, runMuster, startMuster } from '../support/cli.ts';
import { programPath } from '../support/procs.ts';

const program = `[node, ${JSON.stringify(programPath('web-service.mjs'))}]`;

/** web ─► api ─► db, and a task. */
const shop = `
name: shop
services:
  db:
    command: ${program}
    port: auto
  migrate:
    type: task
    command: node -e "console.log('2 tables made')"
    depends_on: [db]
  api:
    label: The API
    command: ${program}
    port: auto
    health_url: \${api.url}/
    restart: no
    env: { DB_PASSWORD: hunter22-canary }
    depends_on: [migrate]
  web:
    command: ${program}
    port: auto
    depends_on: [api]
`;

const stateOf = (page: Page, name: string, state: string) =>
  page.locator(`[data-service="${name}"][data-state="${state}"]`).waitFor({ timeout: 90_000 });

const button = (page: Page, name: string) => page.getByRole('grid').getByRole('button', { name, exact: true });

const tab = (page: Page, name: string) => page.getByRole('tab', { name }).click();

/** Where a service of the project listens. */
const addressOf = async (project: Project, name: string): Promise<string> => {
  const { stdout } = await runMuster(['status', name, '--json'], { cwd: project.folder });
  const { services } = JSON.parse(stdout) as { services: { ports: { port: number }[] }[] };
  return `http://127.0.0.1:${services[0]?.ports[0]?.port ?? 0}`;
};

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

    const before = Number(
      JSON.parse((await runMuster(['status', 'api', '--json'], { cwd: project.folder })).stdout).services[0].pid,
    );
    await button(page, 'restart api').click();
    await dialog.getByRole('button', { name: 'Restart api' }).click();
    await page
      .locator('.details, [data-service="api"][data-state="starting"], [data-service="api"][data-state="stopping"]')
      .first()
      .waitFor();
    await stateOf(page, 'api', 'ready');
    const after = Number(
      JSON.parse((await runMuster(['status', 'api', '--json'], { cwd: project.folder })).stdout).services[0].pid,
    );
    expect(after).not.to.equal(before);
    expect(complaints).to.deep.equal([]);
  });

  it('a crash arrives by itself, with its reason, its message, and why', async () => {
    const project = await bootedProject({ 'services.yaml': shop });
    const { page, complaints } = await look(await dashboardUrl(project));
    await stateOf(page, 'api', 'ready');
    await fetch(`${await addressOf(project, 'api')}/crash`);
    await stateOf(page, 'api', 'failed');
    await page.getByText('api failed: exited with code 7').waitFor();
    await page.getByRole('grid').getByRole('button', { name: 'api', exact: true }).click();
    await page.locator('.why').getByText('exited with code 7').waitFor();
    expect(await page.locator('.verdict').textContent()).to.contain('failed');
    expect(complaints).to.deep.equal([]);
  });

  it('draws the boot while it happens, and what it was made of when it is over', async () => {
    const project = createProject({
      'services.yaml': `
services:
  slow:
    command: ${program}
    port: auto
    ready: { file: go }
  web: { command: ${program}, port: auto, depends_on: [slow] }
`,
    });
    const up = startMuster(['up', '--dashboard', '-d'], { cwd: project.folder });
    await up.waitForLine(/^dashboard: http:\/\/127\.0\.0\.1:\d+\/ /);
    const { page, complaints } = await look(await dashboardUrl(project));
    await tab(page, 'Boot');
    await page.getByText(/^Booting for/).waitFor();
    await page.locator('[data-timeline="slow"] .span-starting.is-open').waitFor();
    await page.locator('[data-timeline="web"] .span-waiting.is-open').waitFor();
    project.write('go', '');
    await page.getByText(/^up after/).waitFor();
    expect(await page.locator('[data-timeline] .link').allTextContents()).to.deep.equal(['slow', 'web']);
    await page.getByText('critical path slow → web').waitFor();
    expect((await up.done).code).to.equal(0);
    expect(complaints).to.deep.equal([]);
  });

  it('follows the log, finds in it, holds it, and lives through a flood of 60,000 lines; a secret is not shown', async () => {
    const project = await bootedProject({ 'services.yaml': shop });
    const api = await addressOf(project, 'api');
    const { page, complaints } = await look(await dashboardUrl(project));
    await stateOf(page, 'api', 'ready');
    await tab(page, 'Logs');
    await page.locator('.chooser select').selectOption('api');
    await fetch(`${api}/say?text=${encodeURIComponent('\u001b[32mhello\u001b[0m there')}`);
    await page.locator('.log-row', { hasText: 'hello there' }).waitFor();
    expect(await page.locator('.log-row .ansi-2').textContent()).to.equal('hello');

    await fetch(`${api}/secret`);
    await page.locator('.log-row', { hasText: 'the password is ***' }).waitFor();

    await page.getByRole('button', { name: 'Pause' }).click();
    await fetch(`${api}/flood?lines=60000`);
    await fetch(`${api}/say?text=after-the-flood`);
    await page.getByText(/lines came too fast; the files have them/).waitFor();
    expect(await page.locator('.log-row', { hasText: 'of a flood' }).count()).to.equal(0);
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.locator('.log-row', { hasText: 'after-the-flood' }).waitFor();
    expect(await page.locator('.log-row').count()).to.be.below(200);

    await page.getByLabel('Find in the log').fill('AFTER-the');
    await page.locator('.log-row mark', { hasText: 'after-the' }).waitFor();
    expect(await page.locator('.log-row').count()).to.equal(1);
    const file = readFileSync(project.path('logs', 'api.log'), 'utf8');
    expect(file.split('\n').filter((line) => line.endsWith('of a flood'))).to.have.lengthOf(60_000);
    expect(complaints).to.deep.equal([]);
  });

  it('is steered by keys alone, and fits a phone', async () => {
    const project = await bootedProject({ 'services.yaml': shop });
    const { page, context, complaints } = await look(await dashboardUrl(project));
    await stateOf(page, 'web', 'ready');
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.keyboard.press('k');
    await page.keyboard.press('Enter');
    await page.getByRole('complementary', { name: 'About db' }).waitFor();
    await page.keyboard.press('Escape');
    await page.locator('.details').waitFor({ state: 'detached' });
    await page.keyboard.press('s');
    await page.getByRole('dialog').waitFor();
    // Who presses one key too many stops nothing.
    expect(await page.evaluate('document.activeElement.textContent')).to.equal('Cancel');
    await page.keyboard.press('Enter');
    await page.locator('dialog').waitFor({ state: 'detached' });
    await stateOf(page, 'db', 'ready');
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    await page.keyboard.press('Escape');
    await page.locator('dialog').waitFor({ state: 'detached' });
    await page.keyboard.press('/');
    await page.keyboard.type('api');
    await page.getByText('1 of 4').waitFor();
    await page.keyboard.press('Escape');

    await page.setViewportSize({ width: 360, height: 720 });
    for (const name of ['Services', 'Graph', 'Boot', 'Logs', 'History', 'Ports']) {
      await tab(page, name);
      const isWide = await page.evaluate('document.documentElement.scrollWidth > innerWidth');
      expect(isWide, `${name} is wider than a phone`).to.equal(false);
    }
    await tab(page, 'History');
    await page.locator('.bars').waitFor();
    expect(
      await page
        .locator('.bars .axis-text')
        .filter({ hasText: /^run 1$|^1$/ })
        .allTextContents(),
    ).to.deep.equal(['run 1']);
    await context.close();
    expect(complaints).to.deep.equal([]);
  });

  it('follows the file: what a further up adds is there, what it takes away is gone, in the list and in the graph', async () => {
    const one = (name: string): string => `  ${name}: { command: ${program}, port: auto }\n`;
    const project = await bootedProject({ 'services.yaml': `services:\n${one('db')}${one('old')}` });
    const { page, complaints } = await look(await dashboardUrl(project));
    for (const name of ['db', 'old']) await stateOf(page, name, 'ready');
    project.write('services.yaml', `services:\n${one('db')}${one('fresh')}`);
    expect((await runMuster(['up', '-d'], { cwd: project.folder })).code).to.equal(0);
    await stateOf(page, 'fresh', 'ready');
    await page.locator('[data-service="old"]').waitFor({ state: 'detached' });
    await tab(page, 'Graph');
    await page.locator('[data-node="fresh"]').waitFor();
    await page.locator('[data-node="old"]').waitFor({ state: 'detached' });
    await tab(page, 'Services');
    project.write(
      'services.yaml',
      `services:\n${one('db')}${one('fresh').replace('port: auto', 'port: auto, env: { NEW: "1" }')}`,
    );
    await button(page, 'restart fresh').click();
    await page.getByText('fresh: restarted with the definition it was started with').waitFor();
    expect(complaints).to.deep.equal([]);
  });

  it('says that it has ended, and lets nobody in without a code, or with one that was used', async () => {
    const project = await bootedProject({ 'services.yaml': shop });
    const url = await dashboardUrl(project);
    const { page } = await look(url);
    await stateOf(page, 'web', 'ready');
    const again = await look(url);
    await again.page.getByText('this code was used before').waitFor();
    // Two had the code, so the first is out as well.
    await page.reload();
    await page.getByText('This page needs a code').waitFor();
    const third = await look(await dashboardUrl(project));
    await stateOf(third.page, 'web', 'ready');
    expect((await runMuster(['down'], { cwd: project.folder })).code).to.equal(0);
    await third.page.getByText('the supervisor has ended').waitFor();
  });
});
