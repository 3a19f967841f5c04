import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { type LoadOptions, loadStack } from '../../lib/config/load.ts';
import { formatDiagnostic } from '../../lib/domain/diagnostic.ts';

/**
 * Each folder of test/golden is a `services.yaml` with what muster says about it, one diagnostic a line. A new message needs
 * a new folder; `UPDATE_GOLDEN=1 npx mocha test/config/golden.test.ts` writes what is said now, to be read before it is kept.
 */
const golden = path.join(path.dirname(path.dirname(fileURLToPath(import.meta.url))), 'golden');
const isUpdate = process.env['UPDATE_GOLDEN'] === '1';

/** The programs that there are, wherever the tests run. */
const programs = ['x', 'a', 'b', 'node', 'npm', 'echo', 'sleep', 'sudo', 'nohup', 'psql', 'pg_isready'];

type Overrides = Partial<
  Pick<LoadOptions, 'profiles' | 'only' | 'noDeps' | 'allProfiles' | 'environment' | 'isEnvironmentNamed'>
> & {
  readonly env?: Readonly<Record<string, string>>;
};

describe('what muster check says', () => {
  let bin = '';

  before(() => {
    bin = mkdtempSync(path.join(tmpdir(), 'muster-golden-'));
    for (const program of programs) {
      writeFileSync(path.join(bin, program), '');
      chmodSync(path.join(bin, program), 0o755);
    }
  });

  after(() => {
    rmSync(bin, { recursive: true, force: true });
  });

  it('is kept for the 92 bad files that the field has told us, and for more than 80 of our own', () => {
    const complains = (name: string): boolean => readFileSync(path.join(golden, name, 'expected.txt'), 'utf8') !== '';
    const names = readdirSync(golden);
    expect(names.filter((name) => name < '200')).to.have.length(92);
    expect(names.filter((name) => name >= '200' && complains(name)).length).to.be.above(80);
  });

  for (const name of readdirSync(golden).sort()) {
    it(name === '350-what-a-file-cannot-grant' ? `S-30: ${name}` : name, async () => {
      const folder = path.join(golden, name);
      const optionsFile = path.join(folder, 'options.json');
      const overrides = (existsSync(optionsFile) ? JSON.parse(readFileSync(optionsFile, 'utf8')) : {}) as Overrides;
      const loaded = await loadStack({
        file: 'services.yaml',
        cwd: folder,
        environment: 'development',
        profiles: [],
        only: [],
        facts: { uid: 1000, firstFreePort: 1024 },
        ...overrides,
        env: { PATH: bin, ...overrides.env },
      });
      const said = loaded.diagnostics.map((diagnostic) => `${formatDiagnostic(diagnostic)}\n`).join('');
      const expected = path.join(folder, 'expected.txt');
      if (isUpdate) writeFileSync(expected, said);
      expect(said).to.equal(readFileSync(expected, 'utf8'));
      expect(loaded.stack === null).to.equal(loaded.diagnostics.some(({ severity }) => severity === 'error'));
    });
  }
});
