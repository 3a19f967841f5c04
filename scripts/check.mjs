// The one static gate, here and in CI: types, purity of the domain, lint with layer rules, format, dead code.
// Every gate runs, also after one that failed, so that one run shows everything.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import './setup.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const bin = (name) => path.join(root, 'node_modules', '.bin', name);
const folders = ['lib', 'test', 'scripts', 'bench', 'examples'].filter((folder) => existsSync(path.join(root, folder)));

const gates = [
  { title: 'types', tool: 'tsc', args: ['-p', 'tsconfig.json'] },
  { title: 'purity of lib/domain and lib/util', tool: 'tsc', args: ['-p', 'lib/domain/tsconfig.json'] },
  { title: 'types of the dashboard', tool: 'tsc', args: ['-p', 'lib/interfaces/dashboard/tsconfig.json'] },
  { title: 'lint and layers', tool: 'oxlint', args: ['--type-aware', '--deny-warnings', ...folders] },
  { title: 'format', tool: 'biome', args: ['ci', '--error-on-warnings', '--colors=off', '.'] },
  { title: 'dead code', tool: 'knip', args: ['--no-progress'] },
];

let failed = 0;
for (const { title, tool, args } of gates) {
  const done = spawnSync(bin(tool), args, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
    shell: process.platform === 'win32',
  });
  console.log(`${done.status === 0 ? 'ok  ' : 'FAIL'} ${title}`);
  if (done.status === 0) continue;
  failed += 1;
  console.log(`${done.stdout ?? ''}${done.stderr ?? ''}${done.error?.message ?? ''}`);
}
process.exitCode = failed === 0 ? 0 : 1;
