import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { expect } from 'chai';
import { toBars } from '../../lib/domain/bars.ts';
import { buildGraph } from '../../lib/domain/graph.ts';
import type { RunRecord } from '../../lib/domain/history.ts';
import { toStats } from '../../lib/domain/stats.ts';
import { drawBoot } from '../../lib/interfaces/pictures/gantt.ts';
import { drawGraph } from '../../lib/interfaces/pictures/graph.ts';
import { drawHistory } from '../../lib/interfaces/pictures/history.ts';
import { toLayers } from '../../lib/interfaces/pictures/layers.ts';
import { renderReport } from '../../lib/interfaces/pictures/report.ts';
import { escapeXml, shorten } from '../../lib/interfaces/pictures/svg.ts';
import { toTrace } from '../../lib/interfaces/pictures/trace.ts';
import { createProject, runMuster } from '../support/cli.ts';
import { remember } from '../support/remembered.ts';
import { aBoot, aLongHistory, anAttempt, aRun, aTimeline } from '../support/runs.ts';
import { aDependency, aService } from '../support/stacks.ts';

const hostile = `</text><script>alert(1)</script>"'&\u202e\0 onload=alert(1)`;

//   db ─► api (its first try fails)          mail (failed)
const run: RunRecord = aRun(
  3,
  {
    db: aBoot(300),
    api: aTimeline({
      satisfied: 305,
      delayed: 400,
      releasedBy: 'db',
      attempts: [
        anAttempt({ queued: 400, begun: 410, portsClear: 411, spawned: 415, firstProbe: 415, failed: 600, reason: hostile }),
        anAttempt({ queued: 1600, begun: 1600, portsClear: 1601, spawned: 1605, firstProbe: 1605, lastMiss: 1700, ready: 1720 }),
      ],
      ready: 1720,
    }),
    mail: aTimeline({ attempts: [anAttempt({ failed: 50 })], outcome: 'failed', reason: hostile }),
  },
  { environment: hostile, outcome: 'degraded' },
);

/** Every tag is closed in order, and nothing but our own elements is there. */
const checkMarkup = (markup: string, allowed: readonly string[]): void => {
  const open: string[] = [];
  for (const [, slash, name = '', rest = ''] of markup
    .replace(/<style>[\s\S]*?<\/style>|<!doctype html>/g, '')
    .matchAll(/<(\/?)([a-zA-Z]+)((?:[^<>"]|"[^"]*")*)>/g)) {
    expect(allowed, name).to.include(name);
    expect(rest.replace(/"[^"]*"/g, '""')).not.to.match(/\son\w+=/);
    if (slash === '/') expect(open.pop()).to.equal(name);
    else if (!rest.endsWith('/') && name !== 'meta') open.push(name);
  }
  expect(open).to.deep.equal([]);
};

const svgElements = ['svg', 'rect', 'text', 'title', 'line', 'path', 'g', 'defs', 'marker'];

describe('pictures', () => {
  it('what a service did has no gaps, from the beginning until it had settled', () => {
    for (const { service, bars } of toBars(run)) {
      expect(bars[0]?.from, service).to.equal(0);
      for (const [index, { from }] of bars.entries()) if (index > 0) expect(from).to.equal(bars[index - 1]?.to);
    }
    expect(
      toBars(run)
        .find(({ service }) => service === 'api')
        ?.bars.map(({ kind }) => kind),
    ).to.deep.equal(['waiting', 'delay', 'queue', 'retry', 'backoff', 'ports', 'spawn', 'boot', 'probe']);
  });

  it('a boot is well-formed SVG with no foreign markup, whatever its names are, and the same each time', () => {
    const svg = drawBoot(run, hostile);
    checkMarkup(svg, svgElements);
    expect(svg).not.to.contain('<script').and.not.to.contain('\0').and.not.to.contain('\u202e');
    expect(svg).to.equal(drawBoot(run, hostile));
    expect(svg).to.contain('prefers-color-scheme: dark').and.to.contain('class="mark"');
    checkMarkup(drawBoot(aRun(1, {}), 'empty'), svgElements);
  });

  it('is readable in light and dark, also by viewers that know no variables: every class has a colour in both', () => {
    const history = drawHistory(toStats(aLongHistory(12, 3)).stack) ?? '';
    const services = new Map(
      [aService('db', { optional: true }), aService('api', { dependsOn: [aDependency('db')] })].map((one) => [one.name, one]),
    );
    for (const svg of [drawBoot(run, 'shop'), history, drawGraph({ name: 'shop', services, graph: buildGraph(services) })]) {
      expect(svg)
        .not.to.contain('var(')
        .and.not.to.match(/(?:fill|stroke)="/);
      const [, bright = '', dark = ''] =
        /<style>([\s\S]*?)@media \(prefers-color-scheme: dark\) \{([\s\S]*)<\/style>/.exec(svg) ?? [];
      const classes = new Set([...svg.matchAll(/class="([^"]+)"/g)].flatMap(([, names = '']) => names.split(' ')));
      for (const name of classes) {
        if (['title', 'optional', 'soft'].includes(name)) continue;
        for (const rules of [bright, dark])
          expect(rules, name).to.match(new RegExp(`\\.${name}\\b[^{]*\\{[^}]*(?:fill|stroke): #`));
      }
    }
  });

  it('a legend that is too long for a line goes on in the next', () => {
    const svg = drawBoot(run, 'shop');
    const width = Number(/width="([\d.]+)"/.exec(svg)?.[1]);
    const places = [
      ...svg.matchAll(
        /<text x="([\d.]+)" y="[\d.]+" class="dim">(queue|delay|ports|spawn|boot|probe|failed try|back-off|critical path)</g,
      ),
    ];
    expect(places).to.have.length(9);
    for (const [, x = '', words = ''] of places) expect(Number(x) + words.length * 6.4).to.be.below(width);
  });

  it('a graph is well-formed SVG, also with a label that is none of its business', () => {
    const services = new Map(
      [aService('db', { label: hostile }), aService('api', { dependsOn: [aDependency('db')] })].map((one) => [one.name, one]),
    );
    const svg = drawGraph({ name: hostile, services, graph: buildGraph(services) });
    checkMarkup(svg, svgElements);
    checkMarkup(drawGraph({ name: 'empty', services: new Map(), graph: buildGraph(new Map()) }), svgElements);
  });

  it('layers are sorted so that lines do not cross where they need not, and long ones pass between', () => {
    // a1 ─► b2, a2 ─► b1, a1 ─► c
    const { layers, pathOf } = toLayers(
      [
        { name: 'a1', layer: 0 },
        { name: 'a2', layer: 0 },
        { name: 'b1', layer: 1 },
        { name: 'b2', layer: 1 },
        { name: 'c', layer: 2 },
      ],
      [
        { from: 'a1', to: 'b2' },
        { from: 'a2', to: 'b1' },
        { from: 'a1', to: 'c' },
      ],
    );
    expect(layers[1]?.map(({ name }) => name)).to.deep.equal(['b2', null, 'b1']);
    expect(pathOf({ from: 'a1', to: 'c' })).to.have.length(3);
  });

  it('a page holds itself: no script, nothing loaded, forbidden by its own policy as well', () => {
    const html = renderReport({
      title: hostile,
      drawings: [drawBoot(run, hostile)],
      notes: [hostile],
      tables: [{ caption: hostile, columns: [hostile], rows: [[hostile]] }],
    });
    checkMarkup(html, [
      ...svgElements,
      ...[
        'html',
        'head',
        'body',
        'main',
        'meta',
        'h',
        'section',
        'ul',
        'li',
        'table',
        'caption',
        'thead',
        'tbody',
        'tr',
        'th',
        'td',
        'footer',
      ],
    ]);
    expect(html).to.contain(`content="default-src &#39;none&#39;`.replaceAll('&#39;', "'"));
    expect(html.replace('http://www.w3.org/2000/svg', '')).not.to.match(/<script|<link|<img|<iframe|url\((?!#)|https?:/);
  });

  it('a trace is what the trace event format asks for', () => {
    const { traceEvents } = toTrace(run, 'shop');
    const flows = new Map<number, string[]>();
    for (const event of traceEvents) {
      expect(event.pid).to.equal(1);
      if (event.ph === 'X') {
        expect(event.ts).to.satisfy(Number.isInteger).and.to.be.at.least(0);
        expect(event.dur).to.satisfy(Number.isInteger).and.to.be.at.least(0);
      }
      if (event.ph === 'M') expect(event.args).to.be.an('object');
      if (event.ph === 's' || event.ph === 'f') flows.set(event.id ?? 0, [...(flows.get(event.id ?? 0) ?? []), event.ph]);
    }
    expect([...flows.values()]).to.deep.equal([['s', 'f']]);
    // Spans of one thread nest: none begins in another and ends outside it.
    for (const tid of new Set(traceEvents.map((event) => event.tid))) {
      const spans = traceEvents
        .filter((event) => event.ph === 'X' && event.tid === tid)
        .map(({ ts = 0, dur = 0 }) => [ts, ts + dur] as const);
      for (const [from, to] of spans)
        for (const [begin, end] of spans) expect(begin > from && begin < to && end > to, `${tid}`).to.equal(false);
    }
  });

  it('texts are escaped and shortened by letters', () => {
    expect(escapeXml('<a b="c">&\'')).to.equal('&lt;a b=&quot;c&quot;&gt;&amp;&#39;');
    expect(escapeXml('\ud800x😀')).to.equal('\ufffdx😀');
    expect(shorten('abcdefghij', 5)).to.equal('ab…ij');
    expect(shorten('😀😀😀', 3)).to.equal('😀😀😀');
  });
});

describe('muster stats --plot, --html, --trace and muster graph --svg', () => {
  const yaml = 'services:\n  service-0: { command: sleep 1 }\n  service-1: { command: sleep 1, depends_on: [service-0] }\n';

  it('write files where they are told, and say so; the text of one goes to stdout with -', async () => {
    const { folder, path } = createProject({ 'services.yaml': yaml });
    await remember(folder, aLongHistory(3, 2));
    const { code, stdout, stderr } = await runMuster(
      ['stats', 'last-1', '--plot', 'a.svg', '--html', 'b.html', '--trace', 'c.json'],
      { cwd: folder },
    );
    expect({ code, stdout }).to.deep.equal({ code: 0, stdout: '' });
    expect(stderr).to.match(/^a\.svg: run 2, \d+ characters\nb\.html: run 2, \d+ characters\nc\.json: run 2, \d+ characters\n$/);
    expect(readFileSync(path('a.svg'), 'utf8')).to.contain('run 2, up after');
    expect(readFileSync(path('b.html'), 'utf8')).to.match(/^<!doctype html>/);
    expect(JSON.parse(readFileSync(path('c.json'), 'utf8'))).to.have.property('traceEvents');
    expect((await runMuster(['stats', '--plot', '-'], { cwd: folder })).stdout).to.match(/^<svg /);
    expect((await runMuster(['graph', '--svg'], { cwd: folder })).stdout).to.match(/^<svg [\s\S]*<\/svg>\n$/);
  });

  it('refuse a folder, a symbolic link and a folder that is not there, and leave no file behind', async () => {
    const { folder, path, write } = createProject({ 'services.yaml': yaml });
    await remember(folder, aLongHistory(2, 2));
    mkdirSync(path('d'));
    write('precious.txt', 'precious');
    symlinkSync(path('precious.txt'), path('link.svg'));
    for (const [file, message] of [
      ['d', 'd is a folder; name a file in it'],
      ['link.svg', 'link.svg is a symbolic link; name the file itself'],
    ]) {
      const refused = await runMuster(['stats', '--plot', file ?? ''], { cwd: folder });
      expect(refused).to.deep.include({ code: 2, stderr: `muster: --plot: ${message}\n` });
    }
    expect(readFileSync(path('precious.txt'), 'utf8')).to.equal('precious');
    expect((await runMuster(['stats', '--plot', 'no/x.svg'], { cwd: folder })).code).to.equal(2);
    expect(existsSync(path('no'))).to.equal(false);
  });

  it('say so when there is no boot to draw; the page is written all the same', async () => {
    const { folder, path } = createProject({ 'services.yaml': yaml });
    expect((await runMuster(['stats', '--plot', 'a.svg'], { cwd: folder })).code).to.equal(2);
    expect(existsSync(path('a.svg'))).to.equal(false);
    expect((await runMuster(['stats', '--html', 'b.html'], { cwd: folder })).code).to.equal(0);
    expect(readFileSync(path('b.html'), 'utf8')).to.contain('no boots remembered yet');
  });
});
