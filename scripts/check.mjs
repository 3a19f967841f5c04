// The one static gate, here and in CI: types, purity of the domain, lint with layer rules, format, dead code.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import './setup.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const bin = (name) => path.join(root, 'node_modules', '.bin', name);

const gates = [
  ['types', 'tsc', ['-p', 'tsconfig.json']],
  ['purity of lib/domain and lib/util', 'tsc', ['-p', 'lib/domain/tsconfig.json']],
  ['lint and layers', 'oxlint', ['--type-aware', '--deny-warnings', 'lib', 'test', 'scripts', 'bench', 'examples']],
  ['format', 'biome', ['ci', '--error-on-warnings', '.']],
  ['dead code', 'knip', ['--no-progress']],
];

let failed = 0;
for (const [title, tool, args] of gates) {
  const done = spawnSync(bin(tool), args, { cwd: root, encoding: 'utf8', shell: process.platform === 'win32' });
  console.log(`${done.status === 0 ? 'ok  ' : 'FAIL'} ${title}`);
  if (done.status !== 0) {
    failed += 1;
    console.log(`${done.stdout ?? ''}${done.stderr ?? ''}${done.error?.message ?? ''}`);
  }
}
process.exit(failed === 0 ? 0 : 1);
