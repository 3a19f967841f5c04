import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { expect } from 'chai';
import { type Loaded, loadStack } from '../../lib/config/load.ts';
import { formatDiagnostic } from '../../lib/domain/diagnostic.ts';
import * as library from '../../lib/index.ts';
import { commands } from '../../lib/interfaces/cli/registry.ts';
import { commonOptions, exitCodes } from '../../lib/interfaces/cli/spec.ts';
import { readPackageJson, readText, root } from './project.ts';

type Schema = {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly then?: Schema;
  readonly $defs?: Readonly<Record<string, Schema>>;
};

const readme = readText('README.md');
const fields = readText('docs/fields.md');
const pages = [
  'README.md',
  'docs/api.md',
  'docs/dashboard.md',
  'docs/fields.md',
  'docs/platforms.md',
  'docs/stats.md',
  'docs/decisions.md',
  'docs/import.md',
  'docs/coming-from.md',
  'docs/library.md',
  'docs/kubernetes.md',
  'examples/README.md',
];

/** The code between the fences that follow `<!-- mark -->`. */
const blockAfter = (mark: string): string => {
  const [, block] = new RegExp(`<!-- ${mark} -->\\n\`\`\`\\w*\\n([\\s\\S]*?)\`\`\``).exec(readme) ?? [];
  if (block === undefined) throw new Error(`README.md has no block after <!-- ${mark} -->`);
  return block;
};

const linesOf = (text: string): string[] => text.split('\n').filter((line) => line.trim() !== '');

/** As a reader does who pastes it into an empty folder. */
const loadPasted = async (text: string): Promise<Loaded> => {
  const folder = mkdtempSync(path.join(tmpdir(), 'muster-readme-'));
  try {
    writeFileSync(path.join(folder, 'services.yaml'), text);
    const env = { PATH: path.dirname(process.execPath) };
    return await loadStack({ file: 'services.yaml', cwd: folder, env, environment: 'development', profiles: [], only: [] });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

describe('the README', () => {
  it('begins with the two commands that need nothing else', () => {
    const [, first = ''] = /```sh\n([\s\S]*?)```/.exec(readme) ?? [];
    expect(first).to.match(/^npm start .*\nnpm test .*\n$/);
    expect(Object.keys(readPackageJson().scripts)).to.include.members(['start', 'test', 'setup', 'check', 'bench']);
  });

  it('has a first stack of at most twenty lines that is without a mistake and needs only Node', async () => {
    const text = blockAfter('first stack');
    expect(linesOf(text).length).to.be.at.most(20);
    const { stack, diagnostics } = await loadPasted(text);
    expect(diagnostics).to.deep.equal([]);
    for (const { name, command } of stack?.services.values() ?? []) {
      expect(command, name).to.include({ kind: 'direct', program: 'node' });
    }
    for (const name of stack?.services.keys() ?? []) expect(blockAfter('output: up')).to.contain(`${name} `);
  });

  it('shows exactly what check says of the mistakes in it', async () => {
    const { diagnostics } = await loadPasted(blockAfter('mistakes'));
    expect(linesOf(blockAfter('output: check')).slice(0, -1)).to.deep.equal(diagnostics.map(formatDiagnostic));
  });

  it('describes every command that is built, and names those that come later', () => {
    const [, later = ''] = /Not built yet, and said so when called: (.*)\n/.exec(readme) ?? [];
    for (const { name, load } of commands) {
      if (load === null) expect(later, name).to.contain(`\`${name}\``);
      else expect(readme, name).to.match(new RegExp(`^\\| \`muster ${name}[ \`]`, 'm'));
    }
    const notBuilt = commands.filter(({ load }) => load === null).map(({ name }) => name);
    expect([...later.matchAll(/`(\w+)`/g)].map(([, name]) => name)).to.deep.equal(notBuilt);
  });

  it('names every option of the commands that are built', () => {
    for (const { name, load, options } of commands) {
      if (load === null) continue;
      for (const [option, { hidden, short }] of Object.entries({ ...options, ...commonOptions })) {
        if (hidden === true) continue;
        expect(readme, `${name} --${option}`).to.match(new RegExp(`--${option}\\b`));
        if (short !== undefined) expect(readme, `${name} -${short}`).to.match(new RegExp(`\`-${short}\\b`));
      }
    }
  });

  it('has every exit code, in the words of muster help', () => {
    const [, table = ''] = /\n## Exit codes\n\n.*\n.*\n((?:\|.*\n)+)/.exec(readme) ?? [];
    const rows = exitCodes.map(([code, meaning]) => `| ${code} | ${meaning} |`);
    expect(table.replaceAll('`', '').trimEnd().split('\n')).to.deep.equal(rows);
  });

  it('shows the use of the library with what the library has', () => {
    const [, imported = ''] = /import \{ ([^}]+) \} from 'muster';/.exec(readme) ?? [];
    expect(imported).not.to.equal('');
    for (const name of [...imported.split(', '), ...Object.keys(library)]) {
      expect(Object.keys(library), name).to.include(name);
      expect(readme, name).to.contain(name);
    }
  });

  it('shows a use of the library that runs as it is printed, and prints what it says', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'muster-readme-'));
    try {
      mkdirSync(path.join(folder, 'node_modules'));
      symlinkSync(root, path.join(folder, 'node_modules/muster'), 'junction');
      writeFileSync(path.join(folder, 'main.mjs'), blockAfter('library'));
      const env = { PATH: `${path.dirname(process.execPath)}:/usr/bin:/bin`, HOME: folder, XDG_RUNTIME_DIR: folder };
      const child = spawn(process.execPath, ['main.mjs'], {
        cwd: folder,
        env,
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: 180_000,
      });
      const [out, problems] = await Promise.all([child.stdout, child.stderr].map((stream) => textOf(stream)));
      expect(problems).to.equal('');
      const [, said = ''] = /It prints (.*)\.\n/.exec(readme.slice(readme.indexOf('<!-- library -->'))) ?? [];
      expect(out?.trim().split('\n')).to.deep.equal([...said.matchAll(/`([^`]+)`/g)].map(([, line]) => line));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('draws every layer that there is', () => {
    const tree = readme.slice(readme.indexOf('lib/\n'));
    for (const { name } of readdirSync(path.join(root, 'lib'), { withFileTypes: true }).filter((entry) => entry.isDirectory())) {
      expect(tree, name).to.contain(`\n  ${name}/ `);
    }
  });
});

describe('the documentation', () => {
  it('names every field of the schema', () => {
    const schema = JSON.parse(readText('schemas/services.schema.json')) as Schema;
    for (const [place, { properties, then }] of Object.entries({ ...schema.$defs, stack: schema })) {
      for (const name of Object.keys({ ...properties, ...then?.properties })) {
        expect(`${readme}\n${fields}`, `${place}.${name}`).to.contain(`\`${name}\``);
      }
    }
  });

  it('calls required only what is: the services, the command of each, that of a hook, and the address of a webhook', () => {
    const rows = `${readme}\n${fields}`.split('\n').filter((line) => line.startsWith('|') && line.includes('| (required) |'));
    expect(rows.map((line) => /`(\w+)`/.exec(line)?.[1])).to.deep.equal([
      'services',
      'command',
      'services',
      'command',
      'command',
      'url',
    ]);
  });

  it('has the field tables that the schema gives', () => {
    const done = spawnSync(process.execPath, [path.join(root, 'scripts/docs.mjs'), '--check'], { encoding: 'utf8' });
    expect(done.stderr).to.equal('');
    expect(done.status).to.equal(0);
  });

  for (const page of pages) {
    it(`${page} leads to files and headings that are there`, () => {
      const text = readText(page);
      for (const [, target = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
        const [file = '', heading] = target.split('#');
        if (/^https?:/.test(file)) continue;
        const goal = file === '' ? page : path.join(path.dirname(page), file);
        expect(existsSync(path.join(root, goal)), `${page}: ${target}`).to.equal(true);
        if (heading !== undefined) expect(headingsOf(readText(goal)), `${page}: ${target}`).to.include(heading);
      }
      for (const [, file = ''] of text.matchAll(/`((?:lib|test|scripts|schemas|bench|examples|docs)\/[^`\s]*)`/g)) {
        if (/[<*…]/.test(file) || file.startsWith('lib/config/generated/')) continue;
        expect(existsSync(path.join(root, file)), `${page}: ${file}`).to.equal(true);
      }
    });
  }
});

/** As they are addressed: `#health-and-ready`. */
const headingsOf = (text: string): string[] =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_\- ]/gu, '')
      .replaceAll(' ', '-'),
  );
