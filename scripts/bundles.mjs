// The bundles of the command and of the library. A command whose users wait for nothing but it is a program: one file with the door
// (main.ts), the command and everything that they need, as CommonJS, which starts 4 ms sooner than ES modules and for which V8 can be
// given its own bytecode (code-cache.mjs). All else is ES modules that share their chunks, loaded by whoever needs them.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const lib = path.join(root, 'lib');

const command = (name) => `interfaces/cli/commands/${name}.ts`;

/** Of other commands, of stacks in a cluster, and of a file that is none of ours: none of these is on the way of a boot. */
const isAside = (source) => /^interfaces\/cli\/((commands|cluster)\/|foreign-file\.ts)/.test(source);

/** By the word that asks for it: what of that which is imported while it runs is in its file. */
const programs = {
  // What nobody has written a program for, and what is no command at all.
  door: () => false,
  ...Object.fromEntries(
    ['down', 'restart', 'start', 'status', 'stop', 'why'].map((name) => [name, (source) => source === command(name)]),
  ),
  logs: (source) => [command('logs'), 'interfaces/cli/logs/follow.ts', 'runtime/logs/read-back.ts'].includes(source),
  check: (source) => source === command('check') || source === 'config/load.ts',
  // Whoever leaves that to another process.
  'up-client': (source) => source === command('up') || (!isAside(source) && source !== 'interfaces/cli/attach/own.ts'),
  // All of it: the supervisor holds state that must not be there twice. It may outlive the build that it is from, so that it loads
  // nothing of it later; so do those of `run` and `recover`, which are this program, too.
  up: (source) => ['up', 'run', 'recover'].map(command).includes(source) || !isAside(source),
};

export const programNames = Object.keys(programs);

/** Loaded only where they are needed, and ps-list and fkill look for their helper programs beside themselves. */
const outside = ['got', 'fkill', 'ps-list', 'winston', 'ajv'];

const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));

const common = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  external: outside,
  logLevel: 'warning',
  sourcemap: 'linked',
  define: { builtVersion: JSON.stringify(version) },
  // The same code as ES modules: 70 kB less come along, and `check` of a thousand services takes 15 ms less.
  alias: { yaml: path.join(root, 'node_modules/yaml/browser/dist/index.js') },
};

const asCommonJs = {
  ...common,
  format: 'cjs',
  // fdir makes itself a `require` of where it is.
  define: { ...common.define, 'import.meta.dirname': '__dirname', 'import.meta.url': 'meta__.url' },
  // Half the bytes to go through before the first of them runs; names and lines stay, for stories of mistakes.
  minifyWhitespace: true,
  minifySyntax: true,
  lineLimit: 160,
};

/** What is imported while it runs is a file of its own; its name says where it is from. */
const partOf = (source) => `parts/${source.replaceAll('/', '-').replace(/\.ts$/, '')}`;

/** Leaves dynamic imports to the other bundles, and tells which there are. */
const leaveDynamic = (isInside, found) => ({
  name: 'leave-dynamic',
  setup: ({ onResolve }) => {
    onResolve({ filter: /^\.{1,2}\// }, ({ kind, path: wanted, importer }) => {
      if (kind !== 'dynamic-import') return null;
      const source = path.relative(lib, path.resolve(path.dirname(importer), wanted));
      if (isInside(source)) return null;
      found.add(source);
      return { path: `./${partOf(source)}.mjs`, external: true };
    });
  },
});

/** Only asked for by what is loaded late, so that the module it needs is not on the way of a start. */
const meta = "const meta__={get url(){return require('node:url').pathToFileURL(`${__dirname}/programs/_.js`).href}};";

const buildProgram = async (name, outdir, found) => {
  const { outputFiles } = await build({
    ...asCommonJs,
    external: outside.filter((wanted) => wanted !== 'winston'),
    entryPoints: { [`programs/${name}`]: path.join(lib, 'interfaces/cli/main.ts') },
    outdir,
    write: false,
    // A function, as the starter calls it.
    banner: { js: `(function(require,load__,__dirname){"use strict";${meta}` },
    footer: { js: '})' },
    plugins: [leaveDynamic(programs[name], found)],
  });
  mkdirSync(path.join(outdir, 'programs'), { recursive: true });
  for (const { path: file, text } of outputFiles) {
    // Only a module can import; a script is given the starter's way to. Of the same length: the source map stays true.
    const isMap = file.endsWith('.map');
    // The starter reads a program as that.
    const [beyond] = isMap ? [] : (/[^\0-\x7f]/.exec(text) ?? []);
    if (beyond !== undefined)
      throw new Error(`${file} is not ASCII: a pattern in lib has ${JSON.stringify(beyond)}; write it as \\u… or as text`);
    writeFileSync(file, isMap ? text : text.replaceAll(/\bimport\((?=['"][^'"]+['"]\))/g, 'load__('));
  }
};

const buildStarter = (outdir) =>
  build({
    ...asCommonJs,
    entryPoints: { cli: path.join(lib, 'interfaces/cli/start.ts') },
    outdir,
    define: { ...asCommonJs.define, programNames: JSON.stringify(programNames) },
  });

const requireBanner = "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);";

export const buildBundles = async (outdir) => {
  const found = new Set();
  await buildStarter(outdir);
  for (const name of programNames) await buildProgram(name, outdir, found);
  await build({
    ...common,
    format: 'esm',
    entryPoints: {
      index: path.join(lib, 'index.ts'),
      ...Object.fromEntries([...found].sort().map((source) => [partOf(source), path.join(lib, source)])),
    },
    outdir,
    outExtension: { '.js': '.mjs' },
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    // Some packages are written for CommonJS.
    banner: { js: requireBanner },
  });
  // The programs are not modules, whatever the package says of itself; the declarations are those of one.
  const types = path.join(outdir, 'types');
  mkdirSync(types, { recursive: true });
  writeFileSync(path.join(outdir, 'package.json'), '{ "type": "commonjs" }\n');
  writeFileSync(path.join(types, 'package.json'), '{ "type": "module" }\n');
};
