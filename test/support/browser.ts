import { existsSync } from 'node:fs';
import type { Suite } from 'mocha';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { createProject, type Project, runMuster } from './cli.ts';

/** Debian's, and what other systems call it. */
const candidates = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

const chromiumPath = (): string | null => candidates.find((path) => existsSync(path)) ?? null;

export type Looked = {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What the page complained of: errors, refusals by its content policy, dialogs. */
  readonly complaints: readonly string[];
};

let browser: Browser | null = null;

/** Whole names that lead to this machine, for pages of other origins. */
const launch = (path: string): Promise<Browser> =>
  chromium.launch({
    executablePath: path,
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--host-resolver-rules=MAP *.test 127.0.0.1'],
  });

const openContext = async (options: Parameters<Browser['newContext']>[0] = {}): Promise<BrowserContext> => {
  const path = chromiumPath();
  if (path === null) throw new Error('there is no Chromium here');
  browser ??= await launch(path);
  return browser.newContext({ viewport: { width: 1_280, height: 800 }, reducedMotion: 'reduce', ...options });
};

/** Opens an address as a person does, and notes everything that goes wrong in the page. */
export const look = async (url: string, options: Parameters<Browser['newContext']>[0] = {}): Promise<Looked> => {
  const context = await openContext(options);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
  page.on('console', (message) => {
    // 409: the supervisor has asked back, before the page knew who needs whom.
    if (message.type() === 'error' && !message.text().includes('409 (Conflict)')) complaints.push(`console: ${message.text()}`);
  });
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.addInitScript(
    "addEventListener('securitypolicyviolation', (event) => console.error('refused by the content policy: ' + event.violatedDirective))",
  );
  await page.goto(url);
  return { page, context, complaints };
};

/** The address, with a code that works once, of the stack of this project, which runs. */
export const dashboardUrl = async (project: Project, through: readonly string[] = []): Promise<string> => {
  const { code, stdout, stderr } = await runMuster(['dashboard', '--no-open'], { cwd: project.folder, through });
  if (code !== 0) throw new Error(stderr);
  return stdout.trim();
};

/** A project whose stack is up in the background. `through`: see `RunOptions`. */
export const bootedProject = async (
  files: Readonly<Record<string, string>>,
  through: readonly string[] = [],
): Promise<Project> => {
  const project = createProject(files);
  const { code, stdout, stderr } = await runMuster(['up', '-d'], { cwd: project.folder, through });
  if (code !== 0) throw new Error(`${stdout}\n${stderr}`);
  return project;
};

/** Skips, and counts as skipped, where there is no browser. */
export const needsBrowser = (suite: Suite): void => {
  suite.timeout(60_000);
  before(function () {
    if (chromiumPath() === null) this.skip();
  });
  afterEach(async () => {
    for (const context of browser?.contexts() ?? []) await context.close();
  });
  after(async () => {
    await browser?.close();
    browser = null;
  });
};
