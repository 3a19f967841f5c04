import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import type { Diagnostic } from '../../lib/domain/diagnostic.ts';
import { formatDiagnostic } from '../../lib/domain/diagnostic.ts';
import { hostsClash } from '../../lib/domain/resolve/address.ts';
import type { Stack } from '../../lib/domain/service.ts';
import { createProject, type Project } from '../config/project.ts';
import { createRandom, type Random } from '../support/random.ts';

const seeds = Array.from({ length: 150 }, (_, index) => index + 1);
const names = ['a', 'b', 'c', 'd', 'a-1', 'b-2'];
const hosts = ['127.0.0.1', '0.0.0.0', 'localhost', '::1', '10.0.0.1'];

/** Fields of a service, some of them wrong. */
const aService = (random: Random, isWhole: boolean): string => {
  const port = (): number => 3000 + random.below(12);
  const fields = [
    isWhole || random.chance(0.7) ? 'command: x' : null,
    random.chance(0.6) ? `port: ${random.chance(0.1) ? 'auto' : port()}` : null,
    random.chance(0.1) ? `ports: [${port()}, ${port()}]` : null,
    random.chance(0.3) ? `replicas: ${random.pick([0, 1, 2, 2, 3])}` : null,
    random.chance(0.3) ? `host: "${random.pick(hosts)}"` : null,
    random.chance(0.2) ? 'port_conflict: next' : null,
    random.chance(0.15) ? `depends_on: [${random.pick(names)}]` : null,
    random.chance(0.02) ? 'prot: 3000' : null,
    random.chance(0.03) ? `env: {A: "\${${random.pick(names)}.port}", B: "\${NOT_SET}"}` : null,
    random.chance(0.1) ? `profiles: [${random.pick(['p', 'q'])}]` : null,
  ].filter((field) => field !== null);
  return `{${fields.join(', ')}}`;
};

const services = (random: Random, indent: string, isWhole: boolean): string =>
  names
    .filter(() => random.chance(0.3))
    .map((name) => `${indent}${name}: ${aService(random, isWhole)}\n`)
    .join('');

const aFile = (random: Random, includes: readonly string[]): string =>
  [
    includes.length === 0 ? '' : `include: [${includes.join(', ')}]\n`,
    random.chance(0.2) ? 'defaults: {port: 3001, host: 0.0.0.0}\n' : '',
    `services:\n${services(random, '  ', true)}`,
    random.chance(0.6) ? `environments:\n  test:\n    services:\n${services(random, '      ', false)}` : '',
  ].join('');

const expectInside = (project: Project, { file, line, column }: Diagnostic, told: string): void => {
  const lines = readFileSync(path.join(project.root, file), 'utf8').split('\n');
  expect(line, told).to.be.within(1, lines.length);
  expect(column, told).to.be.within(1, (lines[line - 1]?.length ?? 0) + 1);
};

/** Pairs of services that would listen on one port, told as text. */
const clashesOf = ({ services: all }: Stack): string[] => {
  const listeners = [...all.values()].flatMap(({ name, host, ports }) => ports.map(({ wanted }) => ({ name, host, wanted })));
  return listeners.flatMap((one, index) =>
    listeners
      .slice(index + 1)
      .filter((other) => one.wanted !== null && one.wanted === other.wanted && hostsClash(one.host, other.host))
      .map((other) => `${one.name} and ${other.name} on ${one.wanted}`),
  );
};

describe('stacks of several files, environments and replicas', () => {
  const given = (seed: number): { readonly project: Project; readonly random: Random } => {
    const random = createRandom(seed);
    const project = createProject(aFile(random, random.chance(0.5) ? ['x.yaml', 'sub/y.yaml'] : []));
    project.write('x.yaml', aFile(random, random.chance(0.3) ? ['sub/y.yaml'] : []));
    project.write('sub/y.yaml', aFile(random, random.chance(0.1) ? ['../x.yaml'] : []));
    return { project, random };
  };

  it('A14: never make two services listen on one port silently, and lead every edge to a service', async () => {
    let whole = 0;
    for (const seed of seeds) {
      const { project, random } = given(seed);
      try {
        const { stack, diagnostics } = await project.load({
          environment: random.pick(['test', 'development']),
          profiles: [],
          allProfiles: random.chance(0.3),
        });
        const said = `seed ${seed}: ${diagnostics.map(formatDiagnostic).join('\n')}`;
        for (const diagnostic of diagnostics) expectInside(project, diagnostic, said);
        expect(
          diagnostics.some(({ severity }) => severity === 'error'),
          said,
        ).to.equal(stack === null);
        if (stack === null) continue;
        whole += 1;
        expect(clashesOf(stack), said).to.deep.equal([]);
        for (const { dependsOn } of stack.services.values())
          for (const { on } of dependsOn) expect(stack.services.has(on), said).to.equal(true);
        expect(new Set([...stack.services.values()].map(({ log }) => log.file)).size, said).to.equal(stack.services.size);
      } finally {
        project.remove();
      }
    }
    // Else it says nothing about those that are right.
    expect(whole).to.be.above(20);
  });

  it('are told of at places inside the file, also when the text is cut or damaged anywhere', async () => {
    for (const seed of seeds.slice(0, 80)) {
      const { project, random } = given(seed);
      try {
        const file = random.pick(['services.yaml', 'x.yaml', 'sub/y.yaml']);
        const text = readFileSync(path.join(project.root, file), 'utf8');
        const at = random.below(text.length + 1);
        const junk = random.pick(['', ':', '{', ']', '\t', '"', '*x', '- ', '\n\n  :', '${', '!!js/x ', '😀', '&a ', '<<: ']);
        project.write(file, random.chance(0.3) ? text.slice(0, at) + junk : text.slice(0, at) + junk + text.slice(at));
        const { stack, diagnostics } = await project.load({ environment: 'test' });
        const said = `seed ${seed}: ${diagnostics.map(formatDiagnostic).join('\n')}`;
        for (const diagnostic of diagnostics) expectInside(project, diagnostic, said);
        expect(
          diagnostics.some(({ severity }) => severity === 'error'),
          said,
        ).to.equal(stack === null);
      } finally {
        project.remove();
      }
    }
  });
});
