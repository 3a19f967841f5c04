import { spawnSync } from 'node:child_process';
import { appendFileSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { readPackageJson, readText, root } from './project.ts';

//  interfaces ──► supervisor ──► runtime ──► domain ──► util
//       └───────► config ────────────────────►┘

type Case = { readonly file: string; readonly code: string; readonly rule?: string };

type Finding = {
  readonly filename: string;
  readonly code: string;
  readonly labels: readonly { readonly span: { readonly line: number } }[];
};

const imports = (specifier: string): string => `export * from '${specifier}';`;
const importsType = (specifier: string): string => `export type { X } from '${specifier}';`;

/** What each folder may not do, and what it may: one file for each, all linted in one run. Those of graph.ts share that file, a line each. */
const refused: readonly Case[] = [
  ...['domain', 'config', 'runtime', 'supervisor', 'interfaces'].map((to) => ({
    file: 'lib/util',
    code: imports(`../${to}/x.ts`),
  })),
  { file: 'lib/util', code: importsType('../domain/service.ts') },
  { file: 'lib/util', code: imports('node:path') },
  { file: 'lib/util', code: imports('yaml') },
  ...['config', 'runtime', 'supervisor', 'interfaces'].map((to) => ({ file: 'lib/domain', code: imports(`../${to}/x.ts`) })),
  { file: 'lib/domain/lifecycle', code: imports('../../runtime/clock.ts') },
  { file: 'lib/domain', code: importsType('../runtime/clock.ts') },
  { file: 'lib/domain', code: imports('node:fs') },
  { file: 'lib/domain', code: imports('@dagrejs/graphlib') },
  { file: 'lib/domain/graph.ts', code: imports('ajv') },
  { file: 'lib/domain/graph.ts', code: imports('../runtime/clock.ts') },
  ...['runtime', 'supervisor', 'interfaces'].map((to) => ({ file: 'lib/config', code: imports(`../${to}/x.ts`) })),
  { file: 'lib/config', code: imports('ajv') },
  { file: 'lib/config', code: imports('got') },
  ...['config', 'supervisor', 'interfaces'].map((to) => ({ file: 'lib/runtime', code: imports(`../${to}/x.ts`) })),
  { file: 'lib/runtime/probes', code: imports('../../supervisor/effects.ts') },
  { file: 'lib/runtime', code: imports('yaml') },
  { file: 'lib/runtime', code: imports('@dagrejs/graphlib') },
  { file: 'lib/supervisor', code: imports('../interfaces/control.ts') },
  { file: 'lib/supervisor', code: imports('../config/load.ts') },
  ...['got', 'fkill', 'ps-list', 'winston', 'yaml', 'ajv', '@dagrejs/graphlib'].flatMap((name) => [
    { file: 'lib/supervisor', code: imports(name) },
    { file: 'lib/interfaces/cli', code: imports(name) },
  ]),
  { file: 'lib/interfaces', code: "export const x = await import('got');" },
  ...['control', 'http', 'http/routes', 'library', 'notify', 'pictures', 'session', 'stats'].flatMap((room) => [
    { file: `lib/interfaces/${room}`, code: imports('../cli/spec.ts') },
    { file: `lib/interfaces/${room}`, code: imports('got') },
  ]),
  ...['importers', 'exporters'].map((room) => ({ file: `lib/interfaces/${room}`, code: imports('../cli/spec.ts') })),
  ...['../cli/main.ts', '../http/server.ts', '../../runtime/clock.ts', 'node:fs', 'yaml'].map((from) => ({
    file: 'lib/interfaces/dashboard',
    code: imports(from),
  })),
  { file: 'lib/runtime', code: imports('../index.ts') },
  { file: 'lib/runtime', code: imports('../../test/support/fake-clock.ts') },
  { file: 'lib/interfaces', code: imports('../../scripts/npm.mjs') },
  { file: 'lib/domain', code: 'export const x = (console.log(1), 1);', rule: 'no-console' },
  { file: 'lib/runtime', code: 'export default 1;', rule: 'import(no-default-export)' },
  {
    file: 'lib/runtime',
    code: 'export const x = (a: number, b: number, c: number, d: number, e: number) => a + b + c + d + e;',
    rule: 'max-params',
  },
  { file: 'lib/runtime', code: 'export const x = (a: any) => String(a);', rule: 'no-explicit-any' },
  { file: 'lib/runtime', code: 'export const x = (a: unknown) => a == 1;', rule: 'eqeqeq' },
  { file: 'lib/runtime', code: 'const work = async () => 1;\nexport const x = () => { work(); };', rule: 'no-floating-promises' },
  { file: 'lib/runtime', code: 'const work = async () => 1;\nexport const x = work() ? 1 : 2;', rule: 'no-misused-promises' },
  { file: 'lib/runtime', code: 'export const x = async () => { await 1; };', rule: 'await-thenable' },
  {
    file: 'lib/runtime',
    code: "export const x = (a: 'p' | 'q') => { switch (a) { case 'p': return 1; } return 2; };",
    rule: 'switch-exhaustiveness-check',
  },
];

const allowed: readonly Case[] = [
  { file: 'lib/util', code: imports('./x.ts') },
  { file: 'lib/domain', code: imports('../util/x.ts') },
  { file: 'lib/domain/lifecycle', code: imports('../service.ts') },
  { file: 'lib/domain/graph.ts', code: imports('@dagrejs/graphlib') },
  { file: 'lib/config', code: imports('yaml') },
  { file: 'lib/config', code: importsType('ajv') },
  { file: 'lib/config', code: imports('node:fs/promises') },
  { file: 'lib/config', code: imports('../domain/service.ts') },
  ...['got', 'p-retry', 'ps-list', 'fkill', 'winston'].map((name) => ({ file: 'lib/runtime', code: imports(name) })),
  { file: 'lib/runtime/probes', code: imports('../sockets.ts') },
  { file: 'lib/supervisor', code: imports('../runtime/clock.ts') },
  { file: 'lib/supervisor', code: importsType('../config/load.ts') },
  { file: 'lib/interfaces', code: imports('../supervisor/supervisor.ts') },
  { file: 'lib/interfaces/importers', code: imports('yaml') },
  { file: 'lib/interfaces/cli', code: 'export const x = (console.log(1), 1);' },
];

describe('the layers', function () {
  let folder = '';
  /** Rules that were broken, by `file:line`; the whole file for a file of its own. */
  const broken = new Map<string, string[]>();

  const cases = [
    ...refused.map((entry) => ({ ...entry, isRefused: true })),
    ...allowed.map((entry) => ({ ...entry, isRefused: false })),
  ].map((entry, index, all) =>
    entry.file.endsWith('.ts')
      ? {
          ...entry,
          path: entry.file,
          place: `${entry.file}:${all.slice(0, index + 1).filter(({ file }) => file === entry.file).length}`,
        }
      : { ...entry, path: path.join(entry.file, `case${index}.ts`), place: path.join(entry.file, `case${index}.ts`) },
  );

  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'muster-layers-'));
    for (const file of ['.oxlintrc.json', 'tsconfig.json']) copyFileSync(path.join(root, file), path.join(folder, file));
    symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'), 'junction');
    for (const { path: file, code } of cases) {
      mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
      appendFileSync(path.join(folder, file), `${code}\n`);
    }
    const oxlint = path.join(root, 'node_modules', '.bin', 'oxlint');
    const lint = spawnSync(oxlint, ['--type-aware', '--format=json', 'lib'], { cwd: folder, encoding: 'utf8' });
    const { diagnostics } = JSON.parse(lint.stdout) as { diagnostics: Finding[] };
    for (const { filename, code, labels } of diagnostics) {
      for (const place of [filename, `${filename}:${labels[0]?.span.line}`])
        broken.set(place, [...(broken.get(place) ?? []), code]);
    }
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  for (const { file, code, place, rule = 'no-restricted-imports', isRefused } of cases) {
    it(`${file} ${isRefused ? 'may not' : 'may'}: ${code.replace('\n', ' ')}`, () => {
      const rules = broken.get(place) ?? [];
      if (isRefused) expect(rules.join(' ')).to.contain(rule);
      else expect(rules).to.deep.equal([]);
    });
  }

  it('every dependency has its home in the layer rules', () => {
    const rules = readText('.oxlintrc.json');
    for (const name of Object.keys(readPackageJson().dependencies)) expect(rules, name).to.contain(`"!${name}"`);
  });
});
