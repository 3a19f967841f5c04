// Writes package-lock.json again, for every platform and with no registry's address in it: `node scripts/lock.mjs`.
// Why not plain `npm install`: it leaves out the binaries of other platforms that its registry does not carry, and then
// `npm ci` refuses the lock file; and it writes the address of the registry that this machine happened to use.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { runNpm } from './npm.mjs';

const file = path.join(path.dirname(path.dirname(fileURLToPath(import.meta.url))), 'package-lock.json');
const npm = runNpm(['install', '--package-lock-only', '--ignore-scripts'], { cwd: path.dirname(file), stdio: 'inherit' });
if (!npm.ok) process.exit(1);

const systems = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32'];
const processors = ['arm64', 'arm', 'x64', 'ia32', 'ppc64', 'riscv64', 's390x', 'loong64', 'mips64el', 'wasm32'];

/** What a package like `@x/cli-linux-arm64-musl` or `@x/binding-linux-arm-musleabihf` runs on, by its name. */
const platformOf = (name) => {
  const words = name.split(/[-/]/);
  const os = systems.find((system) => words.includes(system));
  const cpu = processors.find((processor) => words.includes(processor));
  const libc = words.some((word) => word.startsWith('musl')) ? 'musl' : 'glibc';
  return { ...(cpu && { cpu: [cpu] }), ...(os && { os: [os] }), ...(os === 'linux' && { libc: [libc] }) };
};

const lock = JSON.parse(readFileSync(file, 'utf8'));
for (const entry of Object.values(lock.packages)) {
  delete entry.resolved;
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    lock.packages[`node_modules/${name}`] ??= { version, ...platformOf(name), ...(entry.dev && { dev: true }), optional: true };
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
