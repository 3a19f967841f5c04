import { expect } from 'chai';
import { parse } from 'yaml';
import { findSources } from '../../lib/interfaces/importers/find.ts';
import { importers } from '../../lib/interfaces/importers/registry.ts';
import { hostileValues } from '../exporters/hostile.ts';
import { importFiles } from './rig.ts';

/** A file of each format with two services in it, and what stands in place of `@` in it is one value. */
const samples: Readonly<
  Record<string, { readonly file: string; readonly text: string; readonly quote: (value: string) => string }>
> = {
  compose: {
    file: 'compose.yaml',
    text: 'services:\n  web: {image: x, command: [run, @], environment: {A: @}, depends_on: [db]}\n  db: {image: x, command: db}\n',
    quote: (value) => JSON.stringify(value.replaceAll('$', '$$$$')),
  },
  'process-compose': {
    file: 'process-compose.yaml',
    text: 'processes:\n  web: {entrypoint: [run, @], depends_on: {db: {condition: process_started}}}\n  db: {command: run db}\n',
    quote: (value) => JSON.stringify(value.replaceAll('$', '$$$$')),
  },
  pm2: {
    file: 'ecosystem.config.js',
    text: "// Settings\nconst common = { autorestart: false };\nmodule.exports = { apps: [{ name: 'web', script: 'run', args: [@] }, { name: 'db', script: 'db' }] };\n",
    quote: (value) => JSON.stringify(value),
  },
  'package.json': {
    file: 'package.json',
    text: '{"name": @, "scripts": {"dev:web": "node web.js", "dev:db": "node db.js"}}',
    quote: (value) => JSON.stringify(value),
  },
  vscode: {
    file: 'tasks.json',
    text: '{"tasks": [{"label": "web", "type": "process", "command": "run", "args": [@], "dependsOn": "db"}, {"label": "db", "type": "shell", "command": "db", "isBackground": true}]}',
    quote: (value) => JSON.stringify(value),
  },
  procfile: {
    file: 'Procfile',
    text: 'web: run @\ndb: run\n',
    quote: (value) => `'${value.replaceAll("'", `'\\''`).replaceAll(/[\r\n\t]/g, ' ')}'`,
  },
};

/** Text that has broken one parser or another. */
const hostileFiles: readonly string[] = [
  '',
  '\n',
  '[',
  '{'.repeat(10_000),
  '['.repeat(100_000),
  'a: &a [*a]\n',
  '- - - -',
  '\u0000',
  '__proto__: {a: 1}\nconstructor: {b: 2}\nservices: {__proto__: {image: x, command: y}, constructor: {image: x}}\n',
  'services: {a: {image: [x], command: {a: 1}, depends_on: 3, ports: {a: b}, environment: 7, deploy: [], healthcheck: x, extends: [1]}}',
  `services: {a: &a {image: x, command: y, depends_on: &d [b, b, b]}, ${Array.from({ length: 200 }, (_, n) => `s${n}: *a`).join(', ')}}`,
  'x: &x {a: 1, b: 2, c: 3}\ny: &y [*x,*x,*x,*x,*x,*x,*x,*x]\nz: &z [*y,*y,*y,*y,*y,*y,*y,*y]\nw: &w [*z,*z,*z,*z,*z,*z,*z,*z]\nv: &v [*w,*w,*w,*w,*w,*w,*w,*w]\nu: &u [*v,*v,*v,*v,*v,*v,*v,*v]\nservices: {a: {image: x, labels: [*u,*u,*u,*u,*u,*u,*u,*u]}}\n',
];

describe('every importer', () => {
  it('is one whose files are looked for by "init"', () => {
    const found = findSources('/', { kindOf: () => 'file' });
    expect(found.map(({ format }) => format)).to.have.members(importers.map(({ format }) => format));
  });

  for (const { format } of importers) {
    const sample = samples[format];
    if (sample === undefined) throw new Error(`give ${format} a sample`);
    const withValue = (value: string): string => sample.text.replaceAll('@', () => sample.quote(value));

    it(`${format}: knows its own file by its name`, () => {
      expect(importers.filter((importer) => importer.isNamed(sample.file)).map((importer) => importer.format)).to.deep.equal([
        format,
      ]);
    });

    it(`${format}: what it writes passes check`, async () => {
      const { diagnostics, stack } = await importFiles({ [sample.file]: withValue('plain') });
      expect(diagnostics.filter(({ severity }) => severity === 'error')).to.deep.equal([]);
      expect([...(stack?.services.keys() ?? [])]).to.include.members(
        format === 'package.json' ? ['dev-web', 'dev-db'] : ['web', 'db'],
      );
    });

    it(`${format}: forty hostile values arrive as one argument that no shell has looked at`, async () => {
      for (const value of hostileValues.filter((each) => each !== '')) {
        const { text, stack, diagnostics } = await importFiles({ [sample.file]: withValue(value) });
        expect(
          diagnostics.filter(({ severity }) => severity === 'error'),
          value,
        ).to.deep.equal([]);
        const command = stack?.services.get('web')?.command;
        const flat = value.replaceAll(/[\r\n\t]/g, ' ');
        // A script is run by its name; what the package is called is the name of the stack.
        if (format === 'package.json') continue;
        if (command?.kind === 'direct') expect(command.args.at(-1), text ?? '').to.be.oneOf([value, flat]);
        else expect(command?.line, text ?? '').to.equal(`run ${sample.quote(value)}`);
      }
    });

    it(`${format}: hostile files are refused or imported, in bounded time, and what comes of them can be read`, async function () {
      for (const text of hostileFiles) {
        const outcome = await importFiles({ [sample.file]: text });
        if (outcome.text === null) expect(outcome.refused, text.slice(0, 60)).not.to.have.lengthOf(0);
        else expect(() => void parse(outcome.text ?? ''), text.slice(0, 60)).not.to.throw();
      }
    });

    it(`${format}: says the same twice`, async () => {
      const [one, two] = [
        await importFiles({ [sample.file]: withValue('a') }),
        await importFiles({ [sample.file]: withValue('a') }),
      ];
      expect({ ...one, stack: null, diagnostics: [] }).to.deep.equal({ ...two, stack: null, diagnostics: [] });
    });
  }
});
