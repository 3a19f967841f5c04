import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import type { ServiceDefinition, StackFields } from '../../lib/index.ts';
import { toText } from '../../lib/interfaces/library/definition.ts';
import { root } from '../house/project.ts';

type Schema = {
  readonly properties: Readonly<Record<string, object>>;
  readonly $defs: Readonly<Record<string, { readonly properties?: Readonly<Record<string, object>> }>>;
};

/** Without the free `x-` fields, whose names are no keys. */
type Named<Fields> = { [Key in keyof Fields as string extends Key ? never : Key extends `x-${string}` ? never : Key]-?: true };

const serviceFields: Named<ServiceDefinition> = {
  command: true,
  label: true,
  type: true,
  cwd: true,
  env: true,
  env_file: true,
  port: true,
  ports: true,
  port_conflict: true,
  port_range: true,
  host: true,
  depends_on: true,
  optional: true,
  startup_delay: true,
  wait_before_start: true,
  health_url: true,
  health: true,
  healthcheck: true,
  health_timeout: true,
  ready: true,
  restart: true,
  stop: true,
  watch: true,
  replicas: true,
  profiles: true,
  hooks: true,
  clean: true,
  log: true,
  inputs: true,
  image: true,
  build: true,
  expose: true,
  resources: true,
};

const stackFields: Named<StackFields> = {
  name: true,
  version: true,
  include: true,
  env: true,
  env_file: true,
  defaults: true,
  environments: true,
  max_parallel: true,
  boot_timeout: true,
  shutdown_deadline: true,
  clean: true,
  hooks: true,
  notify: true,
};

describe('the types of the library', function () {
  it('let a program write what makes sense and nothing else, by the declarations that are built', () => {
    expect(existsSync(path.join(root, 'dist/types/index.d.ts')), 'run `npm run setup` first').to.equal(true);
    const folder = mkdtempSync(path.join(tmpdir(), 'muster-types-'));
    try {
      mkdirSync(path.join(folder, 'node_modules'));
      symlinkSync(root, path.join(folder, 'node_modules/muster'), 'junction');
      for (const name of ['@types', 'undici-types']) {
        symlinkSync(path.join(root, 'node_modules', name), path.join(folder, 'node_modules', name), 'junction');
      }
      copyFileSync(path.join(root, 'test/library/typed-use.ts'), path.join(folder, 'typed-use.ts'));
      const compilerOptions = {
        ...{ strict: true, noEmit: true, target: 'es2023', module: 'nodenext', types: ['node'] },
        ...{ exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, preserveSymlinks: true },
      };
      writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['typed-use.ts'] }));
      writeFileSync(path.join(folder, 'package.json'), '{"type":"module"}');
      const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
      const { stdout, status } = spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' });
      expect(stdout).to.equal('');
      expect(status).to.equal(0);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('have every field of the schema, and no other', () => {
    const schema = JSON.parse(readFileSync(path.join(root, 'schemas/services.schema.json'), 'utf8')) as Schema;
    expect(Object.keys(serviceFields)).to.have.members(Object.keys(schema.$defs['fields']?.properties ?? {}));
    expect([...Object.keys(stackFields), 'services']).to.have.members(Object.keys(schema.properties));
  });

  it('lead to a text that means the same', () => {
    const text = toText({ name: 'a: b', 'x-null': { true: [1, { deep: 'x' }], 'odd key': '' } }, [
      ['api', { command: ['node', '-e', 'a "b"\n'], env: { A: 1, B: null }, depends_on: [], health: {} }],
    ]);
    expect(text.split('\n')).to.deep.equal([
      'name: "a: b"',
      'x-null:',
      '  "true": [1,{"deep":"x"}]',
      '  "odd key": ""',
      'services:',
      '  api:',
      '    command: ["node","-e","a \\"b\\"\\n"]',
      '    env:',
      '      A: 1',
      '      B: null',
      '    depends_on: []',
      '    health: {}',
      '',
    ]);
  });
});
