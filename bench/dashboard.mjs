// `npm run bench -- dashboard`: what the page costs with 300 services: its first paint, the supervisor's memory, `muster status`
// beside it, and whether it stutters while 20,000 lines a second come in. Needs Debian's chromium.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { chromium } from 'playwright-core';
import { cli, makeFolder, median, report, timeCommand } from './rig.mjs';

const executablePath = '/usr/bin/chromium';
if (!existsSync(executablePath)) {
  console.error('bench: no chromium (apt-get install chromium)');
  process.exit(1);
}
const rounds = Number(process.env.BENCH_ROUNDS ?? 5);
const count = 300;
const folder = makeFolder();
/** The same stack, whose dashboard nobody ever opens. */
const beside = makeFolder();
const runtime = path.join(folder, 'run');
mkdirSync(runtime, { mode: 0o700 });
const env = { ...process.env, XDG_RUNTIME_DIR: runtime };
const musterIn = (cwd, ...args) => execFileSync(process.execPath, [cli, ...args], { cwd, env, encoding: 'utf8' });
const muster = (...args) => musterIn(folder, ...args);

const flood =
  'let n = 0; setInterval(() => { if (!require("fs").existsSync("go")) return; let text = ""; for (let i = 0; i < 1000; i += 1) text += "line " + n++ + " of a flood of twenty thousand a second\\n"; process.stdout.write(text); }, 50)';
const services = Object.fromEntries(
  Array.from({ length: count }, (_, index) => [
    `service-${index}`,
    {
      command: 'sleep 1000',
      ...(index < 20 ? {} : { depends_on: [...new Set([`service-${(index * 7) % 20}`, `service-${index - 20}`])] }),
    },
  ]),
);
services.flood = { command: ['node', '-e', flood] };
for (const each of [folder, beside]) writeFileSync(path.join(each, 'services.yaml'), JSON.stringify({ services }));

/** Megabytes that are its own alone, or resident where that is not told. */
const memoryOf = (pid) => {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  return [...rollup.matchAll(/^Private_\w+:\s+(\d+)/gm)].reduce((sum, [, kib]) => sum + Number(kib), 0) / 1024;
};
const timeStatus = (cwd) => timeCommand(process.execPath, [cli, 'status'], { cwd, env });

const rows = [];
let browser = null;
try {
  muster('up', '-d');
  const [{ supervisor }] = JSON.parse(muster('ls', '--json')).filter(({ root }) => root === folder);
  const alone = memoryOf(supervisor);

  browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  const paints = [];
  let page = null;
  for (let round = 0; round < rounds; round += 1) {
    await page?.context().close();
    page = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
    await page.goto(muster('dashboard', '--no-open').trim());
    await page.locator('[data-service="service-5"]').waitFor();
    paints.push(
      await page.evaluate(() => {
        const [paint] = performance.getEntriesByName('first-contentful-paint');
        return { first: paint.startTime, full: performance.now() };
      }),
    );
  }
  rows.push({
    what: `dashboard with ${count} services: first paint ÷ 1 s`,
    ratio: median(paints.map(({ first }) => first)) / 1000,
    limit: 1,
    note: `all services are there after ${median(paints.map(({ full }) => full)).toFixed(0)} ms`,
  });

  for (const name of ['Graph', 'Boot', 'Logs', 'History', 'Ports', 'Services']) {
    await page.getByRole('tab', { name }).click();
    await page.locator('.panel').waitFor();
  }
  const open = memoryOf(supervisor);
  rows.push({
    what: `supervisor of ${count} services: memory with the dashboard open − before ÷ 30 MB`,
    ratio: Math.max(0, open - alone) / 30,
    limit: 1,
    note: `${alone.toFixed(1)} → ${open.toFixed(1)} MB`,
  });
  // In turn, so that what else the machine does falls on both.
  musterIn(beside, 'up', '-d');
  const [aloneTimes, openTimes] = [[], []];
  for (let round = 0; round < rounds * 2; round += 1) {
    aloneTimes.push(timeStatus(beside));
    openTimes.push(timeStatus(folder));
  }
  musterIn(beside, 'down');
  rows.push({
    what: 'muster status with the dashboard open ÷ where it never was',
    ratio: median(openTimes) / median(aloneTimes),
    limit: 1.2,
    note: `${median(aloneTimes).toFixed(0)} → ${median(openTimes).toFixed(0)} ms`,
  });

  const longestFrame = (ms) =>
    page.evaluate(
      (span) =>
        new Promise((resolve) => {
          const frames = [];
          const began = performance.now();
          let last = began;
          const next = (now) => {
            frames.push(now - last);
            last = now;
            if (now - began < span) requestAnimationFrame(next);
            else {
              frames.sort((a, b) => a - b);
              resolve({ longest: frames.at(-1), p99: frames[Math.floor(frames.length * 0.99)], count: frames.length });
            }
          };
          requestAnimationFrame(next);
        }),
      ms,
    );
  writeFileSync(path.join(folder, 'go'), '');
  await page.getByRole('tab', { name: 'Logs' }).click();
  await page.locator('.log-row').first().waitFor();
  const frames = await longestFrame(5_000);
  rows.push({
    what: '20,000 log lines a second on the page: 99 % of the frames are at most ÷ 50 ms',
    ratio: frames.p99 / 50,
    note: `longest ${frames.longest.toFixed(0)} ms, ${(frames.count / 5).toFixed(0)} frames a second`,
  });
} finally {
  await browser?.close();
  muster('down');
  musterIn(beside, 'down');
}

report(rows);
if (rows.some(({ ratio, limit }) => limit !== undefined && ratio > limit)) process.exitCode = 1;
