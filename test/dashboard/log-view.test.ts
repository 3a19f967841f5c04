import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { createLogBuffer } from '../../lib/interfaces/dashboard/state/log-buffer.ts';
import { formatLogTime, toLogText } from '../../lib/interfaces/dashboard/state/log-text.ts';
import { look, needsBrowser } from '../support/browser.ts';
import { manyServices, servePage } from '../support/dashboard-page.ts';

const noon = new Date(2026, 1, 3, 12, 4, 5, 67).getTime();
const lines = (stream: 'stdout' | 'stderr', at: number | null, ...texts: readonly string[]) => ({
  service: 'service-1',
  stream,
  at,
  skipped: 0,
  lines: texts,
});

describe('the log on the page, as text', () => {
  it('has the time of each line by the clock on the wall, where it is known', () => {
    expect(formatLogTime(noon)).to.equal('12:04:05.067');
    expect(formatLogTime(null)).to.equal('');
  });

  it('is what is shown, without colours: with times and names only where these are shown', () => {
    const buffer = createLogBuffer();
    buffer.add(lines('stdout', null, 'before'));
    buffer.add({ ...lines('stderr', noon, '\u001b[31mred\u001b[0m'), skipped: 3 });
    expect(toLogText(buffer.rows(''), { hasTime: true, hasName: true })).to.equal(
      'service-1 | before\nservice-1 | … 3 lines left out\n12:04:05.067 service-1 | red\n',
    );
    expect(toLogText(buffer.rows('red'), { hasTime: false, hasName: false })).to.equal('red\n');
  });

  it('is only of stderr where that is asked for, together with what is looked for', () => {
    const buffer = createLogBuffer();
    buffer.add(lines('stdout', noon, 'one', 'two'));
    buffer.add(lines('stderr', noon, 'one more', 'three'));
    const shown = (search: string, isErrorsOnly: boolean) =>
      buffer.rows(search, isErrorsOnly).map((row) => (row.kind === 'line' ? row.text : row.count));
    expect(shown('', true)).to.deep.equal(['one more', 'three']);
    expect(shown('one', true)).to.deep.equal(['one more']);
    expect(shown('one', false)).to.deep.equal(['one', 'one more']);
  });
});

describe('the log on the page', function () {
  needsBrowser(this);

  it('shows when each line came, wraps long ones, saves what is shown, and keeps what is looked for when another view is looked at', async () => {
    const served = await servePage(manyServices(1));
    const { page, complaints } = await look(served.url);
    const asked = page.waitForRequest(/logs\/stream/);
    await page.getByRole('tab', { name: 'Logs' }).click();
    await (await asked).response();
    const long = 'word '.repeat(200).trim();
    served.print(lines('stdout', noon, 'hello', long));
    served.print(lines('stderr', noon, 'hello from stderr'));
    await page.locator('.log-row', { hasText: 'hello from stderr' }).waitFor();
    expect(await page.locator('.log-time').allTextContents()).to.deep.equal(Array(3).fill('12:04:05.067'));
    await page.getByRole('button', { name: 'Time' }).click();
    await page.locator('.log-time').first().waitFor({ state: 'detached' });

    const height = async () => (await page.locator('.log-row', { hasText: 'word' }).boundingBox())?.height ?? 0;
    const before = await height();
    await page.getByRole('button', { name: 'Wrap' }).click();
    await page.locator('.is-wrapped').waitFor();
    expect(await height()).to.be.above(before);

    await page.getByLabel('Find in the log').fill('hello');
    await page.getByText('2 found').waitFor();
    await page.getByRole('button', { name: 'stderr' }).click();
    await page.getByText('1 found').waitFor();
    const saving = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Save' }).click();
    const saved = await saving;
    expect(saved.suggestedFilename()).to.equal('shop-all.log');
    expect(readFileSync(await saved.path(), 'utf8')).to.equal('service-1 | hello from stderr\n');

    await page.getByRole('tab', { name: 'Services' }).click();
    await page.getByRole('tab', { name: 'Logs' }).click();
    expect(await page.getByLabel('Find in the log').inputValue()).to.equal('hello');
    expect(await page.getByRole('button', { name: 'stderr' }).getAttribute('aria-pressed')).to.equal('true');
    expect(complaints).to.deep.equal([]);
  });
});
