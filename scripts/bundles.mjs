// The bundles of the command and of the library. The door (main.ts) and each command that only talks to a supervisor are one
// file each, with everything in it: to find, open and link two files costs a third of what twenty-five small ones cost, which is
// what splitting would make of them. All else shares its chunks, and is loaded by whoever needs it.
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const lib = path.join(root, 'lib');

/** Commands whose users wait for nothing but them; `up` of what is up is one, with what reads the file and what joins the stack. */
const light = [
  ...['down', 'logs', 'restart', 'start', 'status', 'stop', 'up', 'why'].map((name) => `interfaces/cli/commands/${name}.ts`),
  'interfaces/cli/attach/client.ts',
  'config/load.ts',
];

const common = {
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  // Loaded only where they are needed, and ps-list and fkill look for their helper programs beside themselves.
  external: ['got', 'fkill', 'ps-list', 'winston', 'ajv'],
  logLevel: 'warning',
  sourcemap: 'linked',
  // The same code as ES modules: 70 kB less come along, and `check` of a thousand services takes 15 ms less.
  alias: { yaml: path.join(root, 'node_modules/yaml/browser/dist/index.js') },
};

/** What is imported while it runs is a file of its own; its name says where it is from. */
const partOf = (source) => `parts/${source.replaceAll('/', '-').replace(/\.ts$/, '')}`;

/** Leaves dynamic imports to the other bundles, and tells which there are. */
const leaveDynamic = (output, found) => ({
  name: 'leave-dynamic',
  setup: ({ onResolve }) => {
    onResolve({ filter: /^\.{1,2}\// }, ({ kind, path: wanted, importer }) => {
      if (kind !== 'dynamic-import') return null;
      const source = path.relative(lib, path.resolve(path.dirname(importer), wanted));
      found.add(source);
      const target = `${path.posix.relative(path.posix.dirname(output), partOf(source))}.js`;
      return { path: target.startsWith('.') ? target : `./${target}`, external: true };
    });
  },
});

const buildWhole = (source, output, outdir, found) =>
  build({
    ...common,
    entryPoints: { [output]: path.join(lib, source) },
    outdir,
    // Half the bytes to go through before the first of them runs; names and lines stay, for stories of mistakes.
    minifyWhitespace: true,
    minifySyntax: true,
    lineLimit: 160,
    plugins: [leaveDynamic(output, found)],
  });

const requireBanner = "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);";

export const buildBundles = async (outdir) => {
  const found = new Set();
  await buildWhole('interfaces/cli/main.ts', 'cli', outdir, found);
  for (const source of light) await buildWhole(source, partOf(source), outdir, found);
  const rest = [...found].filter((source) => !light.includes(source)).sort();
  await build({
    ...common,
    entryPoints: {
      index: path.join(lib, 'index.ts'),
      ...Object.fromEntries(rest.map((source) => [partOf(source), path.join(lib, source)])),
    },
    outdir,
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    // Some packages are written for CommonJS.
    banner: { js: requireBanner },
  });
};
