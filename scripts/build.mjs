// lib/ → dist/: the schema's validator as plain code, the bundles of the command, the library and the dashboard, and the type
// declarations.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import standalone from 'ajv/dist/standalone/index.js';
import { build } from 'esbuild';
import { buildBundles } from './bundles.mjs';
import { buildCodeCache } from './code-cache.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const at = (...parts) => path.join(root, ...parts);

// Built beside `dist` and put in its place at the end: a build that fails leaves the last good one standing. It lies at the
// same depth, so that the paths in the source maps stay true.
const next = at('dist.next');
const last = at('dist.last');

const buildValidator = async () => {
  const schema = JSON.parse(readFileSync(at('schemas/services.schema.json'), 'utf8'));
  const ajv = new Ajv2020({
    strict: true,
    allErrors: true,
    allowUnionTypes: true,
    verbose: true,
    code: { source: true, esm: true },
  });
  const { outputFiles } = await build({
    stdin: { contents: standalone.default(ajv, ajv.compile(schema)), resolveDir: root },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    minify: true,
    logLevel: 'warning',
  });
  const file = at('lib/config/generated/validator.js');
  const [{ contents }] = outputFiles;
  if (existsSync(file) && readFileSync(file).equals(contents)) return;
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(`${file}.next`, contents);
  renameSync(`${file}.next`, file);
};

// The page: two files beside its HTML and its icon, with nothing in them that is loaded from elsewhere.
const buildDashboard = async () => {
  const from = (file) => at('lib/interfaces/dashboard', file);
  const to = (file) => path.join(next, 'dashboard', file);
  await build({
    entryPoints: { app: from('main.tsx') },
    outdir: to(''),
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: ['chrome111', 'firefox121', 'safari17.5'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    minify: true,
    legalComments: 'none',
    logLevel: 'warning',
  });
  await build({ entryPoints: { app: from('app.css') }, outdir: to(''), bundle: true, minify: true, logLevel: 'warning' });
  for (const file of ['index.html', 'icon.svg']) copyFileSync(from(file), to(file));
};

const emitTypes = () => {
  const args = [at('node_modules/typescript/bin/tsc'), '-p', at('tsconfig.build.json'), '--outDir', path.join(next, 'types')];
  const tsc = spawnSync(process.execPath, args, { cwd: root, stdio: ['ignore', 2, 2] });
  if (tsc.status !== 0) process.exit(1);
};

const remove = (folder) => rmSync(folder, { recursive: true, force: true });

remove(next);
await buildValidator();
await buildBundles(next);
await buildDashboard();
emitTypes();
const problem = await buildCodeCache(next);
if (problem !== null) console.error(`build: every start will take longer, V8 could not be shown the programs: ${problem}`);
remove(last);
if (existsSync(at('dist'))) renameSync(at('dist'), last);
renameSync(next, at('dist'));
remove(last);
