import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { bootedProject, dashboardUrl, look, needsBrowser } from '../support/browser.ts';
import { type Project, runMuster } from '../support/cli.ts';
import { programPath } from '../support/procs.ts';
import { xssPayloads } from '../support/xss.ts';

const program = `[node, ${JSON.stringify(programPath('web-service.mjs'))}]`;

/** Labels, programs, names of variables, and what is printed are all what somebody else may have written. */
const poisoned = (): string =>
  JSON.stringify({
    name: '<img src=x onerror=alert(1)>',
    services: Object.fromEntries<object>([
      [
        'talker',
        {
          command: [
            'node',
            '-e',
            `${escape(JSON.stringify(xssPayloads))}.forEach((line) => console.log(line)); setInterval(() => {}, 1e6)`,
          ],
        },
      ],
      ...xssPayloads.map((payload, index): [string, object] => [
        `bad-${index}`,
        { label: escape(payload), command: [escape(payload)], optional: true, env: { [`A<${index}>`]: 'x' } },
      ]),
    ]),
  });

/** In the file, a `$` and what follows would be a variable. */
const escape = (text: string): string => text.replaceAll('$', '$$$$');

const tab = (page: Page, name: string) => page.getByRole('tab', { name }).click();

/** What there is in the document of what markup could have made. */
const foreign = (page: Page): Promise<number> =>
  page.evaluate(
    'document.querySelectorAll(\'script:not([src="/app.js"]), iframe, object, embed, video, audio, base, form, template, style, img:not([src="/icon.svg"]), link:not([href^="/"]), [onerror], [onload], [onclick], [onmouseover], [onfocus], a[href^="javascript:" i], a[href^="data:" i]\').length',
  );

const statesOf = async (project: Project): Promise<Record<string, string>> => {
  const { stdout } = await runMuster(['status', '--json'], { cwd: project.folder });
  const { services } = JSON.parse(stdout) as { services: { name: string; state: string }[] };
  return Object.fromEntries(services.map(({ name, state }) => [name, state]));
};

describe('attacks on the dashboard in a browser', function () {
  needsBrowser(this);

  it(`S-13: ${xssPayloads.length} payloads in labels, programs, reasons, variables and logs are shown as text, in every view`, async () => {
    expect(xssPayloads.length).to.be.at.least(60);
    const project = await bootedProject({ 'services.yaml': poisoned() });
    const { page, complaints } = await look(await dashboardUrl(project));
    // What has failed stands first, and the list has no more of it than is seen.
    await page.locator('[data-service="bad-0"]').waitFor();
    const list = page.getByRole('grid');
    for (let index = 0; index < xssPayloads.length; index += 8) {
      await list.evaluate((element, top) => {
        element.scrollTop = top;
      }, index * 38);
      await list.getByRole('button', { name: `bad-${index}`, exact: true }).click();
      await page.locator('.details').getByText('Why').waitFor();
      expect(await foreign(page)).to.equal(0);
    }
    await page.keyboard.press('Escape');
    for (const name of ['Graph', 'Boot', 'History', 'Ports', 'Logs']) {
      await tab(page, name);
      await page.locator('.panel').waitFor();
      expect(await foreign(page), name).to.equal(0);
    }
    await page.locator('.chooser select').selectOption('talker');
    await page.locator('.log-row', { hasText: '__proto__' }).waitFor();
    expect(await foreign(page), 'the log').to.equal(0);
    for (const search of ['<img', 'script', '"']) {
      await page.getByLabel('Find in the log').fill(search);
      await page.locator('.log-row mark').first().waitFor();
      expect(await foreign(page), search).to.equal(0);
    }
    expect(complaints).to.deep.equal([]);
  });

  it('S-01, S-03, S-04, S-06: a page of a managed service can neither read nor steer it, nor can a name that leads here', async () => {
    const project = await bootedProject({
      'services.yaml': `services:\n  web: { command: ${program}, port: auto, health_url: "\${web.url}/" }\n`,
    });
    const before = await statesOf(project);
    expect(before).to.deep.equal({ web: 'ready' });
    const url = await dashboardUrl(project);
    const [origin = ''] = url.split('/#');
    const port = new URL(origin).port;
    const status = JSON.parse((await runMuster(['status', '--json'], { cwd: project.folder })).stdout) as {
      services: { url: string }[];
    };
    const own = status.services[0]?.url ?? '';

    for (const from of [own, own.replace('127.0.0.1', 'evil.test'), own.replace('127.0.0.1', 'localhost')]) {
      const { page } = await look(from);
      const tries = await page.evaluate<string[]>(
        `(async () => {
          const to = ${JSON.stringify(origin)};
          const tell = (promise) => promise.then((response) => response.type === 'opaque' ? 'opaque' : 'read ' + response.status, () => 'refused');
          const load = (tag, from) => new Promise((resolve) => {
            const element = document.createElement(tag);
            element.onload = () => resolve('loaded');
            element.onerror = () => resolve('refused');
            element.src = from;
            document.body.append(element);
          });
          const frame = document.createElement('iframe');
          frame.src = to + '/';
          document.body.append(frame);
          await new Promise((resolve) => { frame.onload = resolve; });
          let framed;
          try { framed = frame.contentDocument === null ? 'closed' : 'open'; } catch { framed = 'closed'; }
          return [
            await tell(fetch(to + '/api/v1/stack')),
            await tell(fetch(to + '/api/v1/stack', { headers: { authorization: 'Bearer x' } })),
            await tell(fetch(to + '/api/v1/stack', { mode: 'no-cors', credentials: 'include' })),
            await tell(fetch(to + '/api/v1/stack/down', { method: 'POST', body: '{}', mode: 'no-cors' })),
            await tell(fetch(to + '/api/v1/stack/down', { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } })),
            await tell(fetch(to + '/api/v1/session', { method: 'POST', body: '{"code":"x"}', mode: 'no-cors' })),
            await load('script', to + '/app.js'),
            await load('img', to + '/icon.svg'),
            framed,
          ];
        })()`,
      );
      for (const result of tries) expect(result, `${from}: ${tries.join(', ')}`).to.be.oneOf(['refused', 'opaque', 'closed']);
      // A form leaves the page; what it comes to is an error of ours, and nothing is done.
      await page.evaluate(
        `(() => { const form = document.createElement('form'); form.method = 'post'; form.enctype = 'text/plain'; form.action = ${JSON.stringify(`${origin}/api/v1/stack/down`)}; document.body.append(form); form.submit(); })()`,
      );
      await page.waitForURL(`${origin}/**`);
      expect(await page.content()).to.match(/bad-origin|unsupported-media-type/);
    }
    expect(await statesOf(project)).to.deep.equal(before);

    const { page } = await look('about:blank');
    const rebound = await page.goto(`http://rebound.test:${port}/`);
    expect(rebound?.status()).to.equal(403);
    expect(await page.evaluate("fetch('/api/v1/stack').then((response) => response.status)")).to.equal(403);
    expect(await page.evaluate("fetch('/').then((response) => response.status)")).to.equal(403);
  });
});
