import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import type { ReadyCheck } from '../../../lib/runtime/probes/probe.ts';
import { useProbing } from '../../support/probing.ts';
import { programPath, tsxPath, until } from '../../support/procs.ts';

const rig = useProbing();

describe('a log probe', () => {
  const check = (pattern: string): ReadyCheck => ({ kind: 'log', pattern });
  const write = (text: string, name = 'api.log'): void => appendFileSync(rig.inFolder(name), text);

  it('B10, F142: matches across the border of two writes', async () => {
    const probing = rig.begin(check('ready on port \\d+'));
    write('ready on ');
    await new Promise((settle) => setImmediate(settle));
    write('port 80\n');
    await probing.passed();
  });

  it('B10: matches a line that has not ended', async () => {
    const probing = rig.begin(check('^prompt>$'));
    write('prompt>');
    await probing.passed();
  });

  it('B10: matches through colours', async () => {
    const probing = rig.begin(check('Server ready'));
    write('\x1b[32mSer\x1b[1mver\x1b[0m \x1b[4mready\x1b[0m\n');
    await probing.passed();
  });

  it('B10: matches a line that ends as on Windows', async () => {
    const probing = rig.begin(check('started$'));
    write('started\r\nmore\r\n');
    await probing.passed();
  });

  it('B10: matches on stderr that is written apart', async () => {
    const logs = ['api.log', 'api.err.log'].map((name) => ({ path: rig.inFolder(name), from: { offset: 0, base: null } }));
    const probing = rig.begin(check('ready'), { target: { logs } });
    write('ready\n', 'api.err.log');
    await probing.passed();
  });

  it('B10: matches what was written before the probe began', async () => {
    write('ready\n');
    await rig.begin(check('ready')).passed();
  });

  it('F142: does not match what an earlier attempt wrote', async () => {
    write('ready\n');
    const from = { offset: readFileSync(rig.inFolder('api.log')).length, base: null };
    const probing = rig.begin(check('ready'), { target: { logs: [{ path: rig.inFolder('api.log'), from }] } });
    const other = rig.begin(check('begun'));
    write('begun\n');
    await other.passed();
    expect(probing.results).to.deep.equal([]);
    write('ready\n');
    await probing.passed();
  });

  it('S-34: a catastrophic pattern does not hold up the loop, says so, and still finds what it can', async () => {
    const probing = rig.begin(check('^(a+)+$'));
    write(`${'a'.repeat(60)}b\n`);
    expect(await probing.failed()).to.match(/takes longer than 50 ms on this text/);
    write('aaa\n');
    await probing.passed();
  });

  it('S-34: a search that had no turn of the processor, as the machine was busy or asleep, is not given up', async () => {
    const child = spawn(process.execPath, ['--import', tsxPath, programPath('matches-slowly.ts')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const told: string[] = [];
    const ended = once(child, 'close');
    child.stdout.setEncoding('utf8').on('data', (text: string) => told.push(text));
    try {
      await until('it searches', () => told.join('').includes('begins'));
      // Longer than its box of two seconds.
      child.kill('SIGSTOP');
      await pause(3000);
      child.kill('SIGCONT');
      await ended;
      expect(told.join('')).to.equal('begins\nmatch\n');
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('S-34: sees the first 8 KiB of a line only', async () => {
    const probing = rig.begin(check('needle|end'));
    write(`${'x'.repeat(9000)}needle\n`);
    write('end\n');
    await probing.passed();
  });
});
