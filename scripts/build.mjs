// lib/ → dist/: the schema's validator as plain code, the type declarations, and two bundles (the command and the library)
// that share their chunks. Commands are loaded lazily, so each pays only for what it uses.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import standalone from 'ajv/dist/standalone/index.js';
import { build } from 'esbuild';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const at = (...parts) => path.join(root, ...parts);
const requireBanner = "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);";

const buildValidator = async () => {
  const schema = JSON.parse(readFileSync(at('schemas/services.schema.json'), 'utf8'));
  const ajv = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true, verbose: true, code: { source: true, esm: true } });
  const code = standalone.default(ajv, ajv.compile(schema));
  mkdirSync(at('lib/config/generated'), { recursive: true });
  await build({
    stdin: { contents: code, resolveDir: root },
    outfile: at('lib/config/generated/validator.js'),
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    minify: true,
    logLevel: 'warning',
  });
};

const buildBundles = () =>
  build({
    entryPoints: { cli: at('lib/interfaces/cli/main.ts'), index: at('lib/index.ts') },
    outdir: at('dist'),
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    chunkNames: 'chunks/[name]-[hash]',
    banner: { js: requireBanner },
    // Loaded only where they are needed, and ps-list and fkill look for their helper programs beside themselves.
    external: ['got', 'fkill', 'ps-list', 'winston', 'ajv'],
    logLevel: 'warning',
    sourcemap: 'linked',
  });

const emitTypes = () => {
  const tsc = spawnSync(process.execPath, [at('node_modules/typescript/bin/tsc'), '-p', at('tsconfig.build.json')], { cwd: root, stdio: ['ignore', 2, 2] });
  if (tsc.status !== 0) process.exit(1);
};

rmSync(at('dist'), { recursive: true, force: true });
await buildValidator();
await buildBundles();
emitTypes();
