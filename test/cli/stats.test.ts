import { expect } from 'chai';
import type { History } from '../../lib/domain/history.ts';
import { createProject, type Project, type RunResult, runMuster } from '../support/cli.ts';
import { remember } from '../support/remembered.ts';
import { aBoot, anAttempt, aRandom, aRun, aTimeline } from '../support/runs.ts';

//   db ─► api ─► web          cache (optional)
const yaml = `name: shop
services:
  db: { command: sleep 1 }
  cache: { command: sleep 1, optional: true }
  api: { command: sleep 1, depends_on: [db], startup_delay: 200ms }
  web: { command: sleep 1, depends_on: [api] }
`;

const random = aRandom(2);
const noise = (): number => 20 * random();

const boot = (id: number, { db, api, hash = 'one' }: { readonly db: number; readonly api: number; readonly hash?: string }) =>
  aRun(
    id,
    {
      db: aBoot(db),
      cache: aBoot(40),
      api: aBoot(api, { at: db + 5, releasedBy: 'db', definitionHash: hash }),
      web: aBoot(100, { at: db + api + 10, releasedBy: 'api' }),
    },
    { startedAt: Date.UTC(2026, 10, 1) + id * 3_600_000 },
  );

/** Forty boots, then twenty in which api takes three times as long; the last but one failed. */
const history: History = {
  runs: [
    ...Array.from({ length: 40 }, (_, index) => boot(index + 1, { db: 300 + noise(), api: 900 + noise() })),
    ...Array.from({ length: 20 }, (_, index) => boot(index + 41, { db: 300 + noise(), api: 2700 + noise(), hash: 'two' })),
    aRun(
      61,
      {
        db: aTimeline({ attempts: [anAttempt({ spawned: 2, failed: 50, reason: 'exited with code 1' })], outcome: 'failed' }),
        cache: aBoot(40),
        api: aTimeline({ satisfied: null, outcome: 'skipped', reason: 'db failed' }),
        web: aTimeline({ satisfied: null, outcome: 'skipped', reason: 'db failed' }),
      },
      { outcome: 'failed', duration: 60, startedAt: Date.UTC(2026, 10, 4) },
    ),
    boot(62, { db: 310, api: 2710, hash: 'two' }),
  ],
  folded: {},
};

const aProject = async (past: History = history): Promise<Project> => {
  const project = createProject({ 'services.yaml': yaml });
  await remember(project.folder, past);
  return project;
};

const stats = async ({ folder }: Project, ...args: readonly string[]): Promise<RunResult> =>
  runMuster(['stats', ...args], { cwd: folder });

describe('muster stats', () => {
  it('tells who got slower since when, the chain of the last boot and its segments, and the slack of the others', async () => {
    const { code, stdout, stderr } = await stats(await aProject());
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    expect(stdout).to.match(/^shop: 62 boots \(61 up, 1 failed\)$/m);
    expect(stdout).to.match(/^api +61 +0 +2\.7 s +9\d\d ms +2\.7 s/m);
    expect(stdout).to.match(
      /^slower: api \+1\.8 s \(p50 9\d\d ms → 2\.7 s\) since run 41, 2026-11-02, when its definition changed \(\d\d(\.\d)? % sure, 21 boots since\)$/m,
    );
    expect(stdout).to.match(/^runs 13–62 {2}[▁-█✗]{50} {2}1\.3 s to 3\.1 s$/m);
    expect(stdout).to.contain('✗');
    expect(stdout).to.match(/^run 62 \(2026-11-03 14:00, development, up\) took 3\.1 s — critical chain, which adds up to it:$/m);
    expect(stdout).to.match(/^ +0 ms +db +315 ms +10 % +boot 310 ms, muster 5 ms$/m);
    expect(stdout).to.match(/^blame: api 2\.7 s \(87 %\), db 315 ms \(10 %\), web 100 ms \(3 %\)$/m);
    expect(stdout).to.match(/^slack off the chain: cache 3\.1 s$/m);
  });

  it('shows a service once, however often it is named', async () => {
    const { stdout } = await stats(await aProject(), 'api', 'db', 'api', '--service', 'db');
    expect(stdout.split('\n').filter((line) => /^(api|db) /.test(line))).to.have.length(2);
  });

  it('says all in ASCII where there is nothing else', async () => {
    const { folder } = await aProject();
    const { stdout } = await runMuster(['stats'], { cwd: folder, env: { LANG: 'C', LC_ALL: 'C' } });
    expect(stdout).to.match(/^[ -~\n]*$/);
    expect(stdout).to.match(/^runs 13-62 {2}[_.\-:=+*#x]{50}/m);
  });

  it('shows one run, by number, place or the best', async () => {
    const project = await aProject();
    expect((await stats(project, '61')).stdout).to.match(/^run 61 .*failed\) took 60 ms/m);
    expect((await stats(project, '-2')).stdout).to.match(/^run 61 /m);
    expect((await stats(project, '--run', '-1')).stdout).to.match(/^run 62 /m);
    expect((await stats(project, 'best')).stdout).to.match(/^run \d+ .*took 1\.3 s/m);
  });

  it('looks only at what was since then', async () => {
    const project = await aProject();
    expect((await stats(project, '--since', '2026-11-02T17:00')).stdout).to.match(/^shop: 22 boots/m);
    expect((await stats(project, '--since', '1ms')).stdout).to.equal(
      'all 62 boots that are remembered are older, or of another environment\n',
    );
    const { code, stderr } = await stats(project, '--since', 'tuesday');
    expect({ code, stderr }).to.deep.equal({
      code: 2,
      stderr:
        'muster: --since: cannot read duration "tuesday"; write for example 500ms, 2s or 1m30s, 7d, 3w, or a date such as 2026-11-03\n',
    });
  });

  it('compares two runs: who made the difference', async () => {
    const project = await aProject();
    const { code, stdout } = await stats(project, '--compare', '40', 'last');
    expect(code).to.equal(0);
    expect(stdout).to.match(/^run 62 .* took 3\.1 s: \+1\.8 s$/m);
    expect(stdout).to.match(/^api +9\d\d ms → 2\.7 s +\+1\.8 s +9\d\d ms → 2\.7 s +\+1\.8 s +its definition changed$/m);
    expect(stdout).to.match(/^critical path of both: db → api → web$/m);
    const data = JSON.parse((await stats(project, '--compare', 'best', '--json')).stdout) as {
      readonly difference: number;
      readonly services: readonly { readonly added: number }[];
    };
    expect(data.services.reduce((sum, { added }) => sum + added, 0)).to.be.closeTo(data.difference, 0.01);
    expect(await stats(project, '--compare', '1', '99')).to.deep.include({
      code: 2,
      stderr: 'muster: there is no run 99; remembered are 1 to 62\n',
    });
  });

  it('answers what if', async () => {
    const project = await aProject();
    const { code, stdout } = await stats(project, '--what-if', 'api=0.5s', '--what-if', 'web=x0.5');
    expect(code).to.equal(0);
    expect(stdout).to.match(/^run 62 took 3\.1 s; with api=500ms and web=x0\.5 it would have taken 870 ms \(−2\.3 s, 72 %\)$/m);
    expect(stdout).to.match(/^critical path, as before: db → api → web$/m);
    expect(await stats(project, '--what-if', 'apj=1s')).to.deep.include({
      code: 2,
      stderr: 'muster: --what-if: unknown service "apj"; did you mean "api"?\n',
    });
  });

  it('holds boots to budgets: exit 1 with a reason for each that is not kept', async () => {
    const project = await aProject();
    const kept = await stats(project, '--check', 'boot<20s', '--check', 'api.p50<3s');
    expect(kept).to.deep.include({
      code: 0,
      stdout: '✓ boot<20s: it is 3.1 s in run 62\n✓ api.p50<3s: it is 917 ms over 61 boots\n',
    });
    const broken = await stats(project, '--check', 'boot<2s,critical.api<50%', '--check', 'db.p95<1s');
    expect(broken).to.deep.include({
      code: 1,
      stdout:
        '✗ boot<2s: not kept, it is 3.1 s in run 62\n✗ critical.api<50%: not kept, it is 86.7 % in run 62\n✓ db.p95<1s: it is 319 ms over 62 boots\n',
    });
    const mistaken = await stats(project, '--check', 'boot<2', '--check', 'apj<1s');
    expect(mistaken.code).to.equal(2);
    expect(mistaken.stderr.trim().split('\n')).to.have.length(2);
  });

  it('knows the name of a service with replicas in --check and --what-if, and judges all of them, not boots of another shape', async () => {
    const file = `name: shop
services:
  api: { command: sleep 1, replicas: 2 }
  web: { command: sleep 1, depends_on: [api] }
environments:
  test: { services: { api: { replicas: 1 } } }
`;
    const web = aBoot(10, { at: 500, releasedBy: 'api-2' });
    const two = aRun(2, { 'api-1': aBoot(100), 'api-2': aBoot(400), web });
    const project = createProject({ 'services.yaml': file });
    await remember(project.folder, { runs: [aRun(1, { api: aBoot(5), web }, { environment: 'test' })], folded: {} });
    const unjudged = await stats(project, '--check', 'api.p95<3s');
    expect([unjudged.code, unjudged.stdout]).to.deep.include(1);
    expect(unjudged.stdout).to.match(/nothing to judge by/);
    await remember(project.folder, { runs: [aRun(1, { api: aBoot(5), web }, { environment: 'test' }), two], folded: {} });
    const judged = await stats(project, '--check', 'api<300ms');
    expect([judged.code, judged.stdout]).to.deep.include(1);
    expect(judged.stdout).to.match(/not kept, it is 400 ms \(api-2\) over 1 boot/);
    expect((await stats(project, '--check', 'api<500ms', '--check', 'critical.api<100%')).code).to.equal(0);
    for (const change of ['api=1ms', 'web:without=api']) {
      const { code, stdout, stderr } = await stats(project, '--what-if', change);
      expect([code, stderr], stdout).to.deep.equal([0, '']);
      expect(stdout).to.match(/api-1.*api-2/s);
    }
  });

  it('is not green where there is nothing to judge by', async () => {
    const { folder } = createProject({ 'services.yaml': yaml });
    expect(await runMuster(['stats', '--check', 'boot<20s'], { cwd: folder })).to.deep.include({
      code: 1,
      stdout: '✗ boot<20s: nothing to judge by; no boot tells it yet\n',
    });
  });

  it('says that there are other boots where none is of that time and environment', async () => {
    const project = await aProject();
    for (const args of [
      ['--env', 'test'],
      ['--since', '2026-12-01'],
    ])
      expect((await stats(project, ...args)).stdout).to.equal(
        'all 62 boots that are remembered are older, or of another environment\n',
      );
  });

  it('prints CSV: one line for each service of each run', async () => {
    const { stdout } = await stats(await aProject(), '--csv', 'api');
    const lines = stdout.trimEnd().split('\n');
    expect(lines).to.have.length(63);
    expect(lines[0]).to.match(/^run,started_at,environment,/);
    expect(lines.at(-1)).to.equal('62,2026-11-03T14:00:00.000Z,development,up,up,3130,api,ready,1,315,db,315,3025,2710,2715');
    const project = await aProject();
    for (const named of [['62'], ['--run', '62']])
      expect((await stats(project, '--csv', 'api', ...named)).stdout.trimEnd().split('\n')).to.deep.equal([
        lines[0],
        lines.at(-1),
      ]);
  });

  it('prints Markdown for the summary of a CI job, and says on stderr what is not kept', async () => {
    const { code, stdout, stderr } = await stats(await aProject(), '--markdown', '--check', 'boot<2s');
    expect(code).to.equal(1);
    expect(stderr).to.equal('muster: boot<2s: not kept, it is 3.1 s in run 62\n');
    expect(stdout).to.match(/^\| `boot<2s` \| ❌ \| not kept, it is 3\.1 s in run 62 \|$/m);
    expect(stdout).to.match(/^\*\*Run 62: up after 3\.1 s\*\*, \+1\.8 s against the median/m);
    expect(stdout).to.match(/^\| api \| 2\.7 s \| 87 % \| boot 2\.7 s, muster 5 ms \|$/m);
  });

  it('prints JSON with everything that the text tells', async () => {
    const data = JSON.parse((await stats(await aProject(), '--json')).stdout) as Record<string, unknown>;
    expect(data).to.include.keys('name', 'environment', 'stack', 'services', 'shifts', 'hints', 'run');
  });

  it('says something useful of no run and of one', async () => {
    const { folder } = createProject({ 'services.yaml': yaml });
    const none = 'no boots remembered yet; the first "muster up" makes the first entry\n';
    expect(await runMuster(['stats'], { cwd: folder })).to.deep.include({ code: 0, stdout: none });
    expect((await runMuster(['stats', '--markdown'], { cwd: folder })).stdout).to.contain('no boots remembered yet');
    expect((await runMuster(['stats', '--csv'], { cwd: folder })).stdout.trim().split('\n')).to.have.length(1);
    expect((await runMuster(['stats', '--what-if', 'db=1s'], { cwd: folder })).code).to.equal(2);
    expect((await runMuster(['stats', '--compare', 'last'], { cwd: folder })).stderr).to.equal(
      'muster: there is no run last; no boots are remembered\n'.repeat(2),
    );
    const one = await aProject({ runs: [boot(1, { db: 300, api: 900 })], folded: {} });
    const { code, stdout } = await stats(one);
    expect(code).to.equal(0);
    expect(stdout).to.match(/^shop: 1 boot \(1 up\)$/m);
    expect(stdout).to.match(/^run 1 /m);
  });

  it('says everything that is wrong with the command line', async () => {
    const { code, stderr } = await stats(await aProject(), 'apj', '--csv', '--markdown', '--compare', '--what-if', 'x');
    expect(code).to.equal(2);
    expect(stderr.trim().split('\n'), stderr).to.have.length(5);
  });
});
