// Takes the pictures of the dashboard in docs/ anew: `node scripts/screenshots.mjs`. It boots the demo in a folder of its own, a
// few times, so that there is a history. Needs Debian's chromium, and a built dist/.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const base = mkdtempSync(path.join(tmpdir(), 'muster-pictures-'));
const folder = path.join(base, 'shop');
mkdirSync(path.join(base, 'run'), { mode: 0o700 });
mkdirSync(folder);
for (const name of ['services.yaml', 'examples']) cpSync(path.join(root, name), path.join(folder, name), { recursive: true });
const env = { ...process.env, XDG_RUNTIME_DIR: path.join(base, 'run') };
const muster = (...args) =>
  execFileSync(process.execPath, [path.join(root, 'dist/cli.js'), ...args], {
    cwd: folder,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });

/** Which view, what is clicked in it, and how large. */
const pictures = [
  { name: 'dashboard-light', scheme: 'light', tab: 'Services', click: '[data-service="api"] .link', size: [1200, 640] },
  { name: 'dashboard-dark', scheme: 'dark', tab: 'Services', click: '[data-service="api"] .link', size: [1200, 640] },
  { name: 'dashboard-graph', scheme: 'dark', tab: 'Graph', click: '[data-node="search"]', size: [1200, 640] },
  { name: 'dashboard-boot', scheme: 'light', tab: 'Boot', click: null, size: [1200, 440] },
  { name: 'dashboard-phone', scheme: 'dark', tab: 'Services', click: null, size: [390, 640] },
];

let browser = null;
try {
  for (let boot = 0; boot < 6; boot += 1) {
    muster('up', '-d');
    muster('down');
  }
  muster('up', '-d');
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  for (const { name, scheme, tab, click, size } of pictures) {
    const [width, height] = size;
    const page = await browser.newPage({ colorScheme: scheme, viewport: { width, height }, reducedMotion: 'reduce' });
    await page.goto(muster('dashboard', '--no-open').trim());
    await page.locator('[data-service="api"][data-state="ready"]').waitFor();
    // CPU is told from the second reading on.
    await page.waitForTimeout(5_000);
    await page.getByRole('tab', { name: tab }).click();
    if (click !== null) await page.locator(click).first().click();
    await page.mouse.move(0, 0);
    await page.waitForTimeout(1_000);
    await page.screenshot({ path: path.join(root, 'docs', `${name}.png`) });
    await page.close();
  }
} finally {
  await browser?.close();
  muster('down');
  rmSync(base, { recursive: true, force: true });
}
