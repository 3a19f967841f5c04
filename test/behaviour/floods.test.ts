import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { createProject, startMuster } from '../support/cli.ts';
import { musterLine, startShell } from '../support/outsiders.ts';
import { until } from '../support/procs.ts';
import { expectNothingLeft, program, readText, startStack, toYaml } from '../support/stack-rig.ts';

/** In MB; the most that the process has had at once. */
const peakMemory = (pid: number): number =>
  Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? Number.NaN) / 1000;

describe('services that print without end', () => {
  it('F5: 100 MB without a newline are in the file to the last byte; memory stays bounded, and nobody waits', async () => {
    const size = 100_000_000;
    const project = createProject();
    project.write(
      'services.yaml',
      toYaml({
        flood: { command: program('floods.mjs'), env: { LONG: String(size), STAY: '1' }, log: { max_size: '1GB' } },
        calm: { command: 'sleep 600' },
      }),
    );
    // Where people look at it, too: the output goes to a file, since a pipe would make the test the slow one.
    const shell = startShell(project, `exec ${musterLine()} up > shown`);
    const file = project.path('logs/flood.log');
    await until('all of it is written', () => statSync(file, { throwIfNoEntry: false })?.size === size);
    // The unfinished rest of a line waits for its end.
    await until('it is shown', () => statSync(project.path('shown')).size >= size - 65_536);
    expect(peakMemory(shell.pid)).to.be.lessThan(250);
    shell.signal('SIGTERM');
    expect(await shell.exited, shell.stderr()).to.equal(143);
    expect(readFileSync(file).equals(Buffer.alloc(size, 'x')), 'the file is what was written').to.equal(true);
    let shown = 0;
    for (const byte of readFileSync(project.path('shown'))) if (byte === 0x78) shown += 1;
    expect(shown, 'all of it was shown in the end').to.equal(size);
    await expectNothingLeft(project);
  });

  it('F5: numbered lines as fast as they come: each once and in order, over every rotated file', async () => {
    const lines = 2_000_000;
    const up = startStack({
      flood: { command: program('floods.mjs'), env: { LINES: String(lines), STAY: '1' }, log: { max_size: '5MB', keep: 20 } },
    });
    const folder = up.project.path('logs');
    const parts = (): string[] => readdirSync(folder).filter((name) => name.startsWith('flood.log') && !name.endsWith('.times'));
    await up.settled();
    await until('the flood is over', () => parts().some((name) => /(^|\n)done\n$/.test(readText(`${folder}/${name}`))));
    await until('it was rotated', () => parts().includes('flood.log.1'));
    expect(peakMemory(up.muster.pid)).to.be.lessThan(250);
    await up.stop();
    const texts = parts().map((name) => readText(`${folder}/${name}`).replaceAll('\0', ''));
    const numbers = texts.flatMap((text) =>
      text
        .split('\n')
        .filter((line) => /^\d+$/.test(line))
        .map(Number),
    );
    expect(numbers.length).to.equal(lines);
    expect(new Set(numbers).size).to.equal(lines);
  });

  it('F5: a stop in the middle of a rotation finishes it: each byte is there once', async () => {
    const size = 150_000_000;
    const up = startStack({
      flood: {
        command: program('floods.mjs'),
        env: { LONG: String(size), STAY: '1', COUNT: 'count' },
        log: { max_size: '60MB', keep: 20 },
      },
    });
    const folder = up.project.path('logs');
    const parts = (): string[] => readdirSync(folder).filter((name) => name.startsWith('flood.log') && !name.endsWith('.times'));
    await up.settled();
    // Or just over, where this process was held up meanwhile.
    await until('a rotation is under way', () => parts().some((name) => /\.(rotating|1)$/.test(name)));
    await up.stop();
    expect(parts()).not.to.include('flood.log.rotating');
    let found = 0;
    for (const name of parts()) {
      for (const byte of readFileSync(`${folder}/${name}`)) if (byte === 0x78) found += 1;
    }
    // It may have been stopped before it had written everything, and before it had said so of its last piece.
    const written = Number(readText(up.project.path('count')));
    expect(found).to.be.within(written, Math.min(written + 65_536, size));
    expect(written).to.be.greaterThan(60_000_000);
  });

  it('F5: binary, NUL and invalid UTF-8 are in the file byte by byte, and harm no terminal', async () => {
    const project = createProject();
    const bytes = Buffer.from(Array.from({ length: 4096 }, (_, index) => (index * 7) % 256));
    writeFileSync(project.path('bytes'), bytes);
    project.write(
      'services.yaml',
      toYaml({ raw: { command: 'cat bytes; echo; echo over; exec sleep 600', ready: { log: '^over$' } } }),
    );
    const muster = startMuster(['up'], { cwd: project.folder });
    await muster.waitForLine(/is up/);
    await muster.waitForLine(/raw.*over/);
    muster.signal('SIGTERM');
    const { stdout } = await muster.done;
    await expectNothingLeft(project);
    const log = readFileSync(project.path('logs/raw.log'));
    expect(log.equals(Buffer.concat([bytes, Buffer.from('\nover\n')]))).to.equal(true);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not come out.
    expect(/[\u0000-\u0008\u000B-\u001A\u001C-\u001F\u007F\u0080-\u009F]/.test(stdout)).to.equal(false);
    expect(stdout).not.to.include('\u001B]');
  });
});
