import { expect } from 'chai';
import { buildGraph } from '../../lib/domain/graph.ts';
import type { Service } from '../../lib/domain/service.ts';
import { renderTree } from '../../lib/interfaces/cli/render/graph.ts';
import { type GraphInput, renderDot, renderMermaid, toGraphData } from '../../lib/interfaces/pictures/graph-text.ts';
import { createProject, runMuster } from '../support/cli.ts';
import { aDependency, aService, aTask } from '../support/stacks.ts';

const input = (...services: readonly Service[]): GraphInput => {
  const byName = new Map(services.map((service) => [service.name, service]));
  return { name: 'shop', services: byName, graph: buildGraph(byName) };
};
const look = { colour: false, unicode: true };
const needs = (...names: readonly string[]) => ({ dependsOn: names.map((name) => aDependency(name)) });

//        ┌─► api ────┐
//   db ──┤           ├─► web
//        └─► worker ─┘
const diamond = input(
  aService('web', needs('api', 'worker')),
  aService('api', needs('db')),
  aService('worker', needs('db')),
  aService('db'),
);

//   db ─► migrate ─► api ◄╌╌ mail (optional)
const mixed = input(
  aService('db'),
  aTask('migrate', needs('db')),
  aService('mail', { optional: true, label: 'Mail "catcher"' }),
  aService('api', {
    dependsOn: [aDependency('migrate', { condition: 'completed' }), aDependency('mail', { condition: 'started' })],
  }),
);

describe('muster graph', () => {
  it('db → api, worker → web: a diamond is drawn without telling anything twice', () => {
    expect(renderTree(diamond, look)).to.deep.equal([
      'db',
      '├─ api ← db healthy',
      '│  └─ web (below)',
      '└─ worker ← db healthy',
      '   └─ web ← api healthy, worker healthy',
    ]);
  });

  it('db → migrate → api ╌ mail: tasks, conditions and edges that may fail are told apart', () => {
    expect(renderTree(mixed, look)).to.deep.equal([
      'db',
      '└─ migrate (task) ← db healthy',
      '   └─ api ← migrate completed, mail started?',
      'mail (optional)',
      '└╌ api (above)',
    ]);
  });

  it('needs nothing beyond ASCII', () => {
    const lines = renderTree(mixed, { colour: false, unicode: false });
    expect(lines.join('')).to.match(/^[ -~]*$/);
    expect(lines[1]).to.equal('`- migrate (task) <- db healthy');
  });

  it('a → b → … 10,000: a long chain is drawn without recursion, and without running off to the right', () => {
    const chain = Array.from({ length: 10_000 }, (_, index) => aService(`s${index}`, index === 0 ? {} : needs(`s${index - 1}`)));
    const lines = renderTree(input(...chain), look);
    expect(lines).to.have.length(10_000);
    expect(Math.max(...lines.map((line) => line.length))).to.be.below(200);
  });

  it('5 layers of 10, each with all of the one before: one line an edge', () => {
    const layers = Array.from({ length: 50 }, (_, index) => {
      const layer = Math.floor(index / 10);
      return aService(
        `s${index}`,
        layer === 0 ? {} : needs(...Array.from({ length: 10 }, (_, other) => `s${(layer - 1) * 10 + other}`)),
      );
    });
    expect(renderTree(input(...layers), look)).to.have.length(10 + 400);
  });

  it('as DOT', () => {
    expect(renderDot(mixed)).to.deep.equal([
      'digraph "shop" {',
      '  rankdir=LR;',
      '  node [shape=box, style=rounded];',
      '  "db";',
      '  "migrate" [peripheries=2];',
      '  "mail" [label="Mail \\"catcher\\"", style="rounded,dashed"];',
      '  "api";',
      '  "db" -> "migrate" [label=healthy];',
      '  "migrate" -> "api" [label=completed];',
      '  "mail" -> "api" [label=started, style=dashed];',
      '}',
    ]);
  });

  it('as Mermaid, also with a service called end', () => {
    expect(renderMermaid(mixed)).to.deep.equal([
      'flowchart LR',
      '  s0("db")',
      '  s1[["migrate"]]',
      '  s2("Mail #34;catcher#34;"):::optional',
      '  s3("api")',
      '  s0 -- healthy --> s1',
      '  s1 -- completed --> s3',
      '  s2 -. started .-> s3',
      '  classDef optional stroke-dasharray: 4 4',
    ]);
    expect(renderMermaid(input(aService('end')))).to.deep.equal(['flowchart LR', '  s0("end")']);
  });

  it('as data', () => {
    expect(toGraphData(mixed)).to.deep.equal({
      name: 'shop',
      services: [
        { name: 'db', label: 'db', type: 'service', optional: false, depth: 0 },
        { name: 'migrate', label: 'migrate', type: 'task', optional: false, depth: 1 },
        { name: 'mail', label: 'Mail "catcher"', type: 'service', optional: true, depth: 0 },
        { name: 'api', label: 'api', type: 'service', optional: false, depth: 2 },
      ],
      edges: [
        { from: 'db', to: 'migrate', condition: 'healthy', soft: false },
        { from: 'migrate', to: 'api', condition: 'completed', soft: false },
        { from: 'mail', to: 'api', condition: 'started', soft: true },
      ],
    });
  });

  it('A10: of the named services, with what they need', async () => {
    const text = 'services:\n  a: { command: sleep 1 }\n  b: { command: sleep 1, depends_on: [a] }\n  c: { command: sleep 1 }\n';
    const { folder } = createProject({ 'services.yaml': text });
    expect((await runMuster(['graph', 'b'], { cwd: folder })).stdout).to.equal('a\n└─ b ← a started\n');
    const wrong = await runMuster(['graph', 'bb'], { cwd: folder });
    expect(wrong.code).to.equal(2);
    expect(wrong.stderr).to.contain('"bb"');
  });

  it('the mistakes of the file go to stderr, and as data to stdout where data was asked for', async () => {
    const { folder } = createProject({ 'services.yaml': 'services:\n  a: { comand: x }\n' });
    const plain = await runMuster(['graph'], { cwd: folder });
    expect(plain).to.include({ code: 2, stdout: '' });
    expect(plain.stderr).to.match(/^services\.yaml:2:8: /);
    const data = await runMuster(['graph', '--json'], { cwd: folder });
    expect(data).to.include({ code: 2, stderr: '' });
    expect(JSON.parse(data.stdout)).to.have.property('ok', false);
  });

  it('A15: an empty stack has an empty graph', async () => {
    const { folder } = createProject({ 'services.yaml': 'services: {}\n' });
    expect((await runMuster(['graph'], { cwd: folder })).stdout).to.equal('no services\n');
  });
});
