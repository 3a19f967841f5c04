import { expect } from 'chai';
import { buildGraph } from '../../lib/domain/graph.ts';
import { emptyHistory, type History } from '../../lib/domain/history.ts';
import { toPlan } from '../../lib/domain/plan.ts';
import type { Stack } from '../../lib/domain/service.ts';
import { toStats } from '../../lib/domain/stats.ts';
import { describePorts, type Running, renderPlan } from '../../lib/interfaces/cli/render/plan.ts';
import { renderPreview } from '../../lib/interfaces/cli/render/preview.ts';
import { renderStats } from '../../lib/interfaces/cli/render/stats.ts';
import { createTheme } from '../../lib/interfaces/cli/render/theme.ts';
import { createProject, runMuster } from '../support/cli.ts';
import { aBoot, aHistory, anAttempt, aRun, aTimeline } from '../support/runs.ts';
import { aDependency, aService, aStack, aTask } from '../support/stacks.ts';

const look = { colour: false, unicode: true };

//   db ─► migrate ─► api      mail (optional)
const stack = aStack([
  aService('db', { ports: [{ name: null, wanted: 5432 }] }),
  aTask('migrate', { dependsOn: [aDependency('db')] }),
  aService('api', { dependsOn: [aDependency('migrate', { condition: 'completed' })], ports: [{ name: null, wanted: 3000 }] }),
  aService('mail', { optional: true }),
]);

const planned = (
  of: Stack,
  history: History,
  running: ReadonlyMap<string, Running> = new Map(),
  width: number | null = null,
): string[] => renderPlan({ stack: of, plan: toPlan(of, buildGraph(of.services), history), running }, { ...look, width });

describe('muster plan', () => {
  it('db → migrate → api, mail: shows order and ports without memory, and invents no times', () => {
    expect(planned(stack, emptyHistory)).to.deep.equal([
      'test: 4 services, development',
      'SERVICE          PORTS  WAITS FOR',
      'db               5432',
      'migrate (task)          db healthy',
      'api              3000   migrate completed',
      'mail (optional)',
      'no memory yet: the first boot will tell how long it takes',
    ]);
  });

  it('in a narrow terminal, what a line has no room for is below it, by its title', () => {
    const lines = planned(stack, aHistory({ db: 200, migrate: 100, api: 300, mail: 50 }), new Map(), 40);
    for (const line of lines) expect(line.length).to.be.at.most(40);
    const wide = planned(stack, aHistory({ db: 200, migrate: 100, api: 300, mail: 50 }));
    const api = lines.findIndex((line) => line.includes(' api '));
    expect(
      lines
        .slice(api, api + 3)
        .join(' ')
        .replaceAll(/\s+/g, ' '),
    ).to.equal('* api 3000 300 ms takes 300 ms, ready 600 ms, waits for migrate completed');
    expect(wide.find((line) => line.includes(' api '))?.replaceAll(/\s+/g, ' ')).to.equal(
      '* api 3000 300 ms 300 ms 600 ms migrate completed',
    );
    const preview = { started: [{ name: 'api', because: 'it is new in the file, and takes part from now on' }], restarted: [] };
    expect(renderPreview({ ...preview, stopped: [], kept: ['db', 'mail'] }, createTheme(look), 30)).to.deep.equal([
      '',
      'it runs; up would',
      'start  api',
      '   it is new in the file, and',
      '   takes part from now on',
      'kept as they are: db, mail',
    ]);
  });

  it('db → migrate → api, mail: with memory, shows when each starts, and what decides the whole', () => {
    const lines = planned(stack, aHistory({ db: 200, migrate: 100, api: 300, mail: 50 }));
    expect(lines).to.deep.equal([
      'test: 4 services, development',
      '   SERVICE          PORTS  STARTS   TAKES   READY   SLACK  WAITS FOR',
      '*  db               5432     0 ms  200 ms  200 ms',
      '*  migrate (task)          200 ms  100 ms  300 ms          db healthy',
      '*  api              3000   300 ms  300 ms  600 ms          migrate completed',
      '   mail (optional)           0 ms   50 ms   50 ms  550 ms',
      'usually ready after 600 ms; critical path (*): db → migrate → api',
    ]);
  });

  it('says what was never seen, and counts a second for it', () => {
    const lines = planned(stack, aHistory({ db: 200, migrate: 100, mail: 50 }));
    expect(lines[4]).to.match(/^\* {2}api .* \? +1\.3 s/);
    expect(lines.at(-1)).to.match(/^usually ready after 1\.3 s \(1 not seen before, guessed at 1 s each\)/);
  });

  it('does not promise when a service is ready that never was', () => {
    const failing = aTimeline({ attempts: [anAttempt({ failed: 32 })], outcome: 'failed', definitionHash: 'mail' });
    const seen = aHistory({ db: 200, migrate: 100, api: 300 });
    const [first] = seen.runs;
    const runs = first === undefined ? [] : [{ ...first, services: { ...first.services, mail: failing } }];
    const lines = planned(stack, { runs, folded: {} });
    expect(lines[5]).to.match(/^ +mail \(optional\) +0 ms +– +fails after 32 ms +568 ms$/);
    expect(lines.at(-1)).to.match(/^usually ready after 600 ms; critical/);
  });

  it('an optional service that is still tried when the boot ends: neither a time, nor called new', () => {
    // mail (optional) ─wait_up_to 100→ api
    const patient = aStack([
      aService('mail', { optional: true }),
      aService('api', { dependsOn: [aDependency('mail', { waitUpTo: 100 })] }),
    ]);
    const open = aTimeline({ attempts: [anAttempt({ failed: 90 }), anAttempt({ begun: 95 })], outcome: 'unsettled' });
    const lines = planned(patient, { runs: [aRun(1, { api: aBoot(300, { at: 100 }), mail: open })], folded: {} });
    expect(lines[2]).to.match(/^\* +mail \(optional\) +0 ms +– +–$/);
    expect(lines.at(-1)).to.equal('usually ready after 400 ms; critical path (*): mail → api');
    const alone = planned(aStack([aService('mail', { optional: true }), aService('api')]), {
      runs: [aRun(1, { api: aBoot(300), mail: open })],
      folded: {},
    });
    expect(alone.at(-1)).to.equal('usually ready after 1.0 s (1 not seen ready yet, guessed at 1 s each)');
  });

  it('says what runs already, and whether it changed since', () => {
    const running = new Map([
      ['db', { pid: 12, unchanged: true }],
      ['api', { pid: 13, unchanged: false }],
    ]);
    const text = planned(stack, emptyHistory, running).join('\n');
    expect(text)
      .to.match(/runs \(pid 12\)$/m)
      .and.to.match(/runs \(pid 13\), changed since +migrate completed$/m);
  });

  it('A15: an empty stack has an empty plan', () => {
    expect(planned(aStack([]), emptyHistory)).to.deep.equal(['test: 0 services, development']);
  });

  it('tells ports by name, those that may move, and those that the system chooses', () => {
    const ports = [
      { name: 'http', wanted: 3000 },
      { name: 'admin', wanted: null },
    ];
    expect(describePorts({ ports, portConflict: 'reclaim' })).to.equal('http 3000, admin auto');
    expect(describePorts({ ports: [{ name: null, wanted: 3000 }], portConflict: 'next' })).to.equal('3000 or next');
  });

  it('works on a file, as text and as data, and leaves nothing behind', async () => {
    const { folder } = createProject({
      'services.yaml': 'services:\n  a: { command: sleep 1 }\n  b: { command: sleep 1, depends_on: [a] }\n',
    });
    const text = await runMuster(['plan', 'b'], { cwd: folder });
    expect(text).to.include({ code: 0, stderr: '' });
    expect(text.stdout.split('\n').slice(1, 5)).to.deep.equal([
      'SERVICE  PORTS  WAITS FOR',
      'a',
      'b               a started',
      'no memory yet: the first boot will tell how long it takes',
    ]);
    const data = JSON.parse((await runMuster(['plan', '--json'], { cwd: folder })).stdout) as Record<string, unknown>;
    expect(data).to.include({ memory: 'none', total: null }).and.to.have.property('services').with.length(2);
  });
});

describe('muster stats', () => {
  const render = (history: History, environment: string | null = null): string[] =>
    renderStats({ name: 'shop', stats: toStats(history, { environment }), shifts: [], hints: [], width: null }, look);

  it('shows boots, failures, last, median and p95 of each service, and of the stack', () => {
    const { runs } = aHistory({ db: 100, api: 300 }, { db: 120, api: 500 }, { db: 140, api: 400 });
    const failed = aRun(
      4,
      { db: aBoot(100), api: aBoot(100, { outcome: 'failed', ready: null, attempts: [] }) },
      { outcome: 'failed' },
    );
    const lines = render({ runs: [...runs, failed], folded: {} });
    expect(lines[0]).to.equal('shop: 4 boots (3 up, 1 failed)');
    expect(lines[1]).to.equal('SERVICE  BOOTS  FAILED  FLAKY    LAST     P50     P95  TREND');
    expect(lines[2]).to.equal('db           4       0         100 ms  110 ms  137 ms');
    expect(lines[3]).to.match(/^api +\d +1 +400 ms +400 ms +490 ms$/);
    expect(lines[4]).to.match(/^\(stack\) +4 +1 +400 ms +400 ms +490 ms$/);
  });

  it('boots of a part of the stack are counted apart', () => {
    const { runs } = aHistory({ db: 100, api: 300 }, { db: 100 });
    const lines = render({ runs, folded: {} });
    expect(lines[0]).to.equal('shop: 1 boot (1 up), 1 of a part of it');
    expect(lines.at(-1)).to.match(/^\(stack\) +1 +0 +300 ms/);
  });

  it('shows since when something is slower', () => {
    const times = [...Array<number>(10).fill(100), ...Array<number>(5).fill(400)];
    const lines = render(aHistory(...times.map((api) => ({ api }))));
    expect(lines[2]).to.match(/slower \(100 ms → 400 ms\)$/);
  });

  it('is honest when there is nothing to show', async () => {
    expect(render(emptyHistory)).to.deep.equal(['no boots remembered yet; the first "muster up" makes the first entry']);
    expect(render(emptyHistory, 'test')).to.deep.equal([
      'no boots remembered in test yet; the first "muster up" makes the first entry',
    ]);
    expect(render(aHistory({ a: 1 }), 'test')).to.deep.equal(['the boot that is remembered is older, or of another environment']);
    const { folder } = createProject({ 'services.yaml': 'services:\n  api: { command: sleep 1 }\n' });
    expect(await runMuster(['stats'], { cwd: folder })).to.include({
      code: 0,
      stdout: 'no boots remembered yet; the first "muster up" makes the first entry\n',
    });
    expect(JSON.parse((await runMuster(['stats', '--json'], { cwd: folder })).stdout)).to.have.nested.property('stack.runs', 0);
    const wrong = await runMuster(['stats', 'ap'], { cwd: folder });
    expect(wrong).to.include({ code: 2, stderr: 'muster: unknown service "ap"; did you mean "api"?\n' });
  });

  it('H1: a damaged memory is one warning on stderr, and no failure', async () => {
    const { folder } = createProject({
      'services.yaml': 'services:\n  api: { command: sleep 1 }\n',
      '.server_memory.json': '{"x',
    });
    const { code, stdout, stderr } = await runMuster(['stats'], { cwd: folder });
    expect({ code, stdout }).to.deep.equal({
      code: 0,
      stdout: 'no boots remembered yet; the first "muster up" makes the first entry\n',
    });
    expect(stderr).to.match(/^muster: [^\n]+\n$/);
  });
});
