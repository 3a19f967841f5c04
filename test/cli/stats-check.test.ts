import { existsSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { createProject, type Project, type RunResult, runMuster } from '../support/cli.ts';
import { remember } from '../support/remembered.ts';
import { aHistory } from '../support/runs.ts';

const yaml = 'name: shop\nservices:\n  db: { command: sleep 1 }\n  api: { command: sleep 1, depends_on: [db] }\n';

const kept = 'boot<20s: it is 900 ms in run 3';
const broken = 'api<300ms: not kept, it is 900 ms over 3 boots';

/** Three boots, the last of which was stopped again. */
const aProject = async (): Promise<Project> => {
  const project = createProject({ 'services.yaml': yaml });
  const { runs, folded } = aHistory({ db: 100, api: 700 }, { db: 110, api: 800 }, { db: 120, api: 900 });
  const gone = { asked: 0, signalled: 1, releasedBy: null, killed: null, gone: 40 };
  const stop = { startedAt: 1_700_000_900_000, took: 50, hurried: false, services: { db: gone, api: gone } };
  await remember(project.folder, { runs: runs.map((run) => (run.id === 3 ? { ...run, stop } : run)), folded });
  return project;
};

const stats = async ({ folder }: Project, ...args: readonly string[]): Promise<RunResult> =>
  await runMuster(['stats', ...args], { cwd: folder });

const checks = ['--check', 'boot<20s', '--check', 'api<300ms'];

describe('muster stats --check', () => {
  it('beside a picture on stdout says what is kept on stderr, and leaves the picture whole', async () => {
    const { code, stdout, stderr } = await stats(await aProject(), '--plot', '-', ...checks);
    expect(code).to.equal(1);
    expect(stdout).to.match(/^<svg [\s\S]*<\/svg>\s*$/);
    expect(stderr).to.equal(`✓ ${kept}\n✗ ${broken}\n`);
  });

  it('beside a picture in a file says it on stdout', async () => {
    const { code, stdout } = await stats(await aProject(), '--plot', 'a.svg', ...checks);
    expect({ code, stdout }).to.deep.equal({ code: 1, stdout: `✓ ${kept}\n✗ ${broken}\n` });
  });

  for (const view of [['--compare', 'best', 'last'], ['--shutdown'], ['--what-if', 'db=1s']])
    it(`${view[0]}: says below it what is kept and what is not, and with --json in the data`, async () => {
      const project = await aProject();
      const plain = await stats(project, ...view);
      const { code, stdout } = await stats(project, ...view, ...checks);
      expect([plain.code, code]).to.deep.equal([0, 1]);
      expect(stdout).to.equal(`${plain.stdout}✓ ${kept}\n✗ ${broken}\n`);
      const data = await stats(project, ...view, ...checks, '--json');
      expect({ code: data.code, stderr: data.stderr }).to.deep.equal({ code: 1, stderr: `muster: ${broken}\n` });
      const { budgets } = JSON.parse(data.stdout) as { readonly budgets: readonly { readonly ok: boolean }[] };
      expect(budgets.map(({ ok }) => ok)).to.deep.equal([true, false]);
    });

  it('"slower" cannot be kept by a memory that has too few boots to tell', async () => {
    const reason = 'slower<1: nothing to judge by; it takes ten boots of a service, or of the stack';
    for (const project of [createProject({ 'services.yaml': yaml }), await aProject()])
      expect(await stats(project, '--check', 'slower<1')).to.include({ code: 1, stdout: `✗ ${reason}\n` });
  });
});

describe('muster stats, asked for several things at once', () => {
  it('writes the picture and prints the view', async () => {
    const project = await aProject();
    const { code, stdout } = await stats(project, '--json', '--plot', 'a.svg');
    expect(code).to.equal(0);
    expect(JSON.parse(stdout)).to.include({ name: 'shop' });
    expect(readFileSync(project.path('a.svg'), 'utf8')).to.match(/^<svg /);
    expect((await stats(project, '--compare', 'best', '--plot', 'b.svg')).stdout).to.include('critical path of both');
    expect(existsSync(project.path('b.svg'))).to.equal(true);
  });

  it('refuses what could not be read on stdout, or would be left undone', async () => {
    const project = await aProject();
    const refusals: readonly (readonly [readonly string[], string])[] = [
      [['--plot', '-', '--html', '-'], '--plot - and --html - would all write to stdout; name a file for each picture'],
      [['--plot', '-', '--json'], '--plot - and --json would all write to stdout; name a file for the picture'],
      [['--trace', '-', '--shutdown'], '--trace - and --shutdown would all write to stdout; name a file for the picture'],
      [['--csv', '--what-if', 'db=1s'], '--what-if has no form as --csv; write it with --json, or without'],
      [
        ['--import', 'x.json', '--check', 'boot<1s'],
        '--import takes all boots in and shows nothing, so --check would not be done; call it again without --import',
      ],
      [
        ['--import', 'x.json', 'db', '--since', '7d', '--env', 'test', '--run', '1', '--service', 'db'],
        '--import takes all boots in and shows nothing, so "db" and --service and --run and --since and --env would not be done; call it again without --import',
      ],
    ];
    for (const [args, message] of refusals) {
      const data = { ok: false, refusal: { kind: 'refused', reason: message } };
      const stdout = args.includes('--json') ? `${JSON.stringify(data)}\n` : '';
      expect(await stats(project, ...args), args.join(' ')).to.include({ code: 2, stdout, stderr: `muster: ${message}\n` });
    }
  });
});
