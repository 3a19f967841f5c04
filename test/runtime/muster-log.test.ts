import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { createMusterLog } from '../../lib/runtime/muster-log.ts';
import { createFolder } from '../support/log-files.ts';
import { tsxPath } from '../support/procs.ts';

const moduleUrl = new URL('../../lib/runtime/muster-log.ts', import.meta.url).href;

describe("muster's own log", () => {
  let folder: ReturnType<typeof createFolder>;
  let file: string;
  let problems: string[];
  beforeEach(() => {
    folder = createFolder();
    file = path.join(folder.path, 'muster.log');
    problems = [];
  });
  afterEach(() => folder.remove());

  const open = (): ReturnType<typeof createMusterLog> =>
    createMusterLog({ path: file, onProblem: (reason) => problems.push(reason) });

  it('writes one JSON object a line, with time, level, event and service', async () => {
    const log = open();
    log.write({ level: 'info', event: 'serviceReady', service: 'api', attempt: 2 });
    log.write({ level: 'warn', event: 'portConflict', service: 'web', detail: 'line\nbreak' });
    await log.close();
    const lines = readFileSync(file, 'utf8').split('\n');
    expect(lines.pop()).to.equal('');
    const entries = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(entries.map(({ at: _at, ...rest }) => rest)).to.deep.equal([
      { level: 'info', event: 'serviceReady', service: 'api', attempt: 2 },
      { level: 'warn', event: 'portConflict', service: 'web', detail: 'line\nbreak' },
    ]);
    expect(entries[0]?.['at']).to.match(/^\d{4}-\d\d-\d\dT/);
    expect(statSync(file).mode & 0o777).to.equal(0o600);
    expect(problems).to.deep.equal([]);
  });

  it('writes nothing and opens nothing when there is nothing to say', async () => {
    await open().close();
    expect(existsSync(file)).to.equal(false);
  });

  it('one that waits opens nothing before it is told to, and has written everything in order when it is closed', async () => {
    const log = createMusterLog({ path: file, onProblem: (reason) => problems.push(reason), waits: true });
    log.write({ level: 'info', event: 'early' });
    await new Promise((resolve) => setImmediate(resolve));
    expect(existsSync(file)).to.equal(false);
    await log.open();
    log.write({ level: 'info', event: 'late' });
    await log.close();
    const unopened = createMusterLog({ path: file, onProblem: (reason) => problems.push(reason), waits: true });
    unopened.write({ level: 'info', event: 'last' });
    await unopened.close();
    const events = readFileSync(file, 'utf8').trimEnd().split('\n');
    expect(events.map((line) => (JSON.parse(line) as { readonly event: string }).event)).to.deep.equal(['early', 'late', 'last']);
    expect(problems).to.deep.equal([]);
  });

  it('loses no line of many that are written at once', async () => {
    const log = open();
    log.write({ level: 'info', event: 'opened' });
    await new Promise((resolve) => setImmediate(resolve));
    for (let number = 0; number < 900; number += 1) log.write({ level: 'debug', event: 'numbered', number });
    await log.close();
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    expect(lines).to.have.length(901);
  });

  it('appends to the file of an earlier supervisor, and sets it aside when it is large', async () => {
    writeFileSync(file, '{"event":"before"}\n');
    const first = open();
    first.write({ level: 'info', event: 'later' });
    await first.close();
    expect(readFileSync(file, 'utf8').trimEnd().split('\n')).to.have.length(2);

    writeFileSync(file, 'x'.repeat(5_000_001));
    const second = open();
    second.write({ level: 'info', event: 'fresh' });
    await second.close();
    expect(statSync(`${file}.1`).size).to.equal(5_000_001);
    expect(readFileSync(file, 'utf8').trimEnd().split('\n')).to.have.length(1);
  });

  it('F27: says once that it cannot be written, and goes on', async () => {
    mkdirSync(file);
    const log = open();
    for (let number = 0; number < 5; number += 1) log.write({ level: 'info', event: 'numbered', number });
    await log.close();
    log.write({ level: 'info', event: 'afterwards' });
    expect(problems).to.have.length(1);
    expect(problems[0]).to.match(/cannot be written: it is not a plain file$/);
  });

  it('F27: says once that the disk is full, and goes on', function () {
    const program = `
      import { createMusterLog } from ${JSON.stringify(moduleUrl)};
      const problems = [];
      const log = createMusterLog({ path: process.argv[1], onProblem: (reason) => problems.push(reason) });
      for (let number = 0; number < 900; number += 1) log.write({ level: 'info', event: 'numbered', text: 'x'.repeat(200) });
      await log.close();
      log.write({ level: 'info', event: 'afterwards' });
      console.log(JSON.stringify(problems));
    `;
    const script =
      'mount -t tmpfs -o size=64k tmpfs "$1" || exit 99; exec "$2" --import "$4" --input-type=module -e "$3" "$1/muster.log"';
    const args = ['-Urm', 'sh', '-c', script, 'sh', folder.path, process.execPath, program, tsxPath];
    const done = spawnSync('unshare', args, { encoding: 'utf8' });
    if (done.error !== undefined || done.status === 99 || done.stderr.includes('unshare failed')) this.skip();
    const told = JSON.parse(done.stdout) as string[];
    expect(told).to.have.length(1);
    expect(told[0]).to.match(/cannot be written: ENOSPC/);
  });

  it('S17: does not write through a link', async () => {
    const outside = path.join(folder.path, 'outside');
    writeFileSync(outside, '');
    symlinkSync(outside, file);
    const log = open();
    log.write({ level: 'info', event: 'first' });
    await log.close();
    expect(problems).to.have.length(1);
    expect(readFileSync(outside, 'utf8')).to.equal('');
  });
});
