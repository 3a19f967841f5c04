import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';
import { expect } from 'chai';
import { hasColour, hasUnicode } from '../../lib/interfaces/cli/output.ts';
import { createSaid } from '../../lib/interfaces/cli/said.ts';
import { createProject, musterCommand, runMuster } from '../support/cli.ts';
import { expectNothingLeft, toYaml } from '../support/stack-rig.ts';

describe('what the output can show', () => {
  const colours: readonly (readonly [env: Record<string, string>, isTTY: boolean, noColor: boolean, colour: boolean])[] = [
    [{}, true, false, true],
    [{}, false, false, false],
    [{ NO_COLOR: '1' }, true, false, false],
    [{ NO_COLOR: '' }, true, false, true],
    [{ TERM: 'dumb' }, true, false, false],
    [{ FORCE_COLOR: '1' }, false, false, true],
    [{ FORCE_COLOR: '1', NO_COLOR: '1' }, false, false, true],
    [{ FORCE_COLOR: '0' }, true, false, false],
    [{ FORCE_COLOR: 'false' }, true, false, false],
    [{ FORCE_COLOR: '1' }, true, true, false],
  ];
  for (const [env, isTTY, noColor, colour] of colours) {
    it(`${JSON.stringify(env)}${noColor ? ' --no-color' : ''}${isTTY ? ' in a terminal' : ' in a pipe'}: ${colour ? '' : 'no '}colours`, () => {
      expect(hasColour(env, { isTTY, noColor })).to.equal(colour);
    });
  }

  const letters: readonly (readonly [env: Record<string, string>, platform: string, unicode: boolean])[] = [
    [{ LANG: 'de_DE.UTF-8' }, 'linux', true],
    [{ LANG: 'C.utf8' }, 'linux', true],
    [{ LANG: 'en_US.UTF-8', LC_ALL: 'C' }, 'linux', false],
    [{ LC_ALL: '', LC_CTYPE: 'UTF-8' }, 'darwin', true],
    [{}, 'linux', false],
    [{ LANG: 'C.UTF-8', TERM: 'linux' }, 'linux', false],
    [{ WT_SESSION: 'x' }, 'win32', true],
    [{}, 'win32', false],
  ];
  for (const [env, platform, unicode] of letters) {
    it(`${JSON.stringify(env)} on ${platform}: ${unicode ? 'shapes' : 'ASCII only'}`, () =>
      expect(hasUnicode(env, platform)).to.equal(unicode));
  }
});

describe('what was said', () => {
  it('is kept in its order; of much, the newest, and always the last', () => {
    const said = createSaid(10);
    expect(said.all()).to.equal('');
    for (const text of ['one\n', '', 'two\n']) said.add(text);
    expect(said.all()).to.equal('one\ntwo\n');
    said.add('three\n');
    expect(said.all()).to.equal('two\nthree\n');
    said.add('much more than ten\n');
    expect(said.all()).to.equal('much more than ten\n');
  });
});

describe('the end of the output', () => {
  it('a reader that goes away is no error: muster help | head -1', async () => {
    const child = spawn(process.execPath, [...musterCommand(), 'help'], { stdio: ['ignore', 'pipe', 'pipe'] });
    // Closed before a line was written, which is the worst case of it.
    child.stdout.destroy();
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    const [code] = (await once(child, 'close')) as [number | null];
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
  });

  it('a full disk is one: muster help > /dev/full', async function () {
    if (!existsSync('/dev/full')) this.skip();
    const full = openSync('/dev/full', 'w');
    try {
      const child = spawn(process.execPath, [...musterCommand(), 'help'], { stdio: ['ignore', full, 'pipe'] });
      let stderr = '';
      child.stderr?.setEncoding('utf8').on('data', (text: string) => {
        stderr += text;
      });
      const [code] = (await once(child, 'close')) as [number | null];
      expect({ code, stderr }).to.deep.equal({ code: 1, stderr: 'muster: cannot write to stdout (ENOSPC)\n' });
    } finally {
      closeSync(full);
    }
  });

  it('a large output arrives whole', async () => {
    const names = Array.from({ length: 3_000 }, (_, index) => `  service-${index}: { command: sleep 1 }`);
    const { folder } = createProject({ 'services.yaml': `services:\n${names.join('\n')}\n` });
    const { code, stdout } = await runMuster(['graph', '--json'], { cwd: folder });
    expect(code).to.equal(0);
    expect((JSON.parse(stdout) as { services: unknown[] }).services).to.have.length(3_000);
  });
});

describe('a terminal that has nothing beyond ASCII', () => {
  it('is shown the times of a boot and the cause of a failure in ASCII, by the command as it is built', async () => {
    const project = createProject({
      'services.yaml': toYaml({
        db: { command: 'sleep 600' },
        api: { command: 'echo no; exit 3', restart: 'no', depends_on: ['db'], startup_delay: '30s' },
        web: { command: 'sleep 600', depends_on: ['api'] },
      }),
    });
    const muster = (...args: readonly string[]) =>
      runMuster(args, { cwd: project.folder, env: { LANG: 'C.UTF-8', TERM: 'dumb' } });
    try {
      for (const args of [['up', '-d'], ['status'], ['why', 'web']]) {
        const { stdout } = await muster(...args);
        expect(stdout).to.match(/api/);
        expect(stdout.replaceAll(/[\n -~]/g, ''), stdout).to.equal('');
      }
    } finally {
      await muster('down');
    }
    await expectNothingLeft(project);
  });
});
