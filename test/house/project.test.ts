import { expect } from 'chai';
import { listFiles, readPackageJson, readText, root } from './project.ts';

const isText = (file: string): boolean =>
  /\.(ts|mts|mjs|js|json|ya?ml|md|html|css|sh|c|expect|txt)$|(^|\/)(\.?[A-Za-z]+|run)$/.test(file);
const texts = (): { file: string; text: string }[] =>
  listFiles()
    .filter(isText)
    .map((file) => ({ file, text: readText(file) }));

describe('the project', () => {
  it('S-35: names every package by its exact version, so that a clone of next year gets what was tested', () => {
    const { dependencies, devDependencies } = readPackageJson();
    for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
      expect(version, name).to.match(/^\d+\.\d+\.\d+$/);
    }
  });

  it('S-35: locks every package, with its checksum where one is known, and names no registry', () => {
    const lock = JSON.parse(readText('package-lock.json')) as {
      packages: Record<
        string,
        { version?: string; resolved?: string; integrity?: string; optional?: boolean; os?: string[]; cpu?: string[] }
      >;
    };
    const { dependencies, devDependencies } = readPackageJson();
    for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
      expect(lock.packages[`node_modules/${name}`]?.version, name).to.equal(version);
    }
    for (const [name, entry] of Object.entries(lock.packages)) {
      expect(entry.resolved, name).to.equal(undefined);
      // Binaries of platforms that the registry did not carry are known by name and version only.
      const isOtherPlatform = entry.optional === true && (entry.os ?? entry.cpu) !== undefined;
      if (name !== '' && !isOtherPlatform) expect(entry.integrity, name).to.match(/^sha\d+-/);
    }
  });

  it('says nothing about the machine that it was written on', () => {
    const machine = /(?<![\w.~}$*-])\/(?:work|root|home\/\w+|Users\/\w+)\/|[A-Z]:\\+Users\\/;
    const own = 'test/house/project.test.ts';
    const found = texts().flatMap(({ file, text }) =>
      file === own
        ? []
        : text.split('\n').flatMap((line, index) => (machine.test(line) ? [`${file}:${index + 1}: ${line.trim()}`] : [])),
    );
    expect(found).to.deep.equal([]);
    if (root.split('/').length > 3)
      expect(
        texts()
          .filter(({ text }) => text.includes(root))
          .map(({ file }) => file),
      ).to.deep.equal([]);
  });

  it('S-35: uses every package that it makes its users install', () => {
    const library = texts().filter(({ file }) => file.startsWith('lib/'));
    const scripts = texts().filter(({ file }) => file.startsWith('scripts/'));
    for (const name of Object.keys(readPackageJson().dependencies)) {
      const imported = new RegExp(`(?:from|import\\() ?'${name}(?:/[^']*)?'`);
      // ajv does its work when muster is built; what runs is the code that it wrote.
      const files = name === 'ajv' ? scripts : library;
      expect(
        files.some(({ text }) => imported.test(text)),
        `${name} is imported`,
      ).to.equal(true);
    }
  });

  it('has every npm command that the README and the examples tell people to type', () => {
    const { scripts } = readPackageJson();
    const guides = texts().filter(({ file }) => /(^|\/)README\.md$/.test(file) || file.startsWith('docs/'));
    const commands = guides.flatMap(({ text }) =>
      [...text.matchAll(/\bnpm (start|test|run(?: --silent)? [\w:-]+)/g)].map(([, command = '']) => command),
    );
    for (const command of commands) expect(Object.keys(scripts), `npm ${command}`).to.include(command.split(' ').at(-1));
    for (const command of ['npm start', 'npm test']) expect(readText('README.md')).to.contain(command);
  });
});
