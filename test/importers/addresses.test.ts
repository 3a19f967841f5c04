import { expect } from 'chai';
import { parse } from 'yaml';
import { composeImporter } from '../../lib/interfaces/importers/compose.ts';
import { type FileReader, isImported } from '../../lib/interfaces/importers/importer.ts';
import { importFiles } from './rig.ts';

type Service = Readonly<Record<string, unknown>> & { readonly env?: Readonly<Record<string, string>> };
type Result = {
  readonly services: Readonly<Record<string, Service>>;
  readonly told: Readonly<Record<string, readonly string[]>>;
};

/** The services of a Compose file here, and what is told of each setting, by its key without "services."; check finds nothing wrong. */
const imported = async (compose: string): Promise<Result> => {
  const { text, notes, diagnostics } = await importFiles({ 'compose.yaml': `services:\n${compose}` });
  expect(diagnostics.filter(({ severity }) => severity === 'error')).to.deep.equal([]);
  const told: Record<string, string[]> = {};
  for (const { key, text: why } of notes) (told[key.replace('services.', '')] ??= []).push(why);
  return { services: (parse(text ?? '') as Result).services, told };
};

const position = (): { line: number; column: number } => ({ line: 1, column: 1 });

/** For whoever needs none but the one that is read. */
const noFiles: FileReader = { read: () => Promise.reject(new Error('no other file is read')), kindOf: () => null };

const databases = `
  db1: {image: x, command: a, ports: ["5432:5432"]}
  db2: {image: x, command: a, expose: ["5432"]}
  db3: {image: x, command: a, ports: ["27018:27017", "28018:28017"]}
`;

const ofWeb = async (environment: string, others = databases): Promise<Result & { readonly env: Service['env'] }> => {
  const result = await imported(
    `${others}\n  web:\n    image: x\n    command: a\n    environment:\n${environment.replaceAll(/^/gm, '      ')}`,
  );
  return { ...result, env: result.services['web']?.env };
};

describe('addresses of a Compose file on one machine', () => {
  it('without a port, an address of a known kind asks the port that the service has here', async () => {
    const { env, services, told } = await ofWeb(`A: postgres://u:canary-52@db1/app
B: postgres://u:p@db2/app
C: mongodb://db3/x
D: postgresql+asyncpg://u@db2/app`);
    expect(services['db2']?.['port']).to.equal('auto');
    expect(env).to.deep.equal({
      A: 'postgres://u:canary-52@${db1.host}:${db1.port}/app',
      B: 'postgres://u:p@${db2.host}:${db2.port}/app',
      C: 'mongodb://${db3.host}:${db3.port}/x',
      D: 'postgresql+asyncpg://u@${db2.host}:${db2.port}/app',
    });
    expect(JSON.stringify(told)).to.include('postgres://u:…@${db1.host}').and.not.to.include('canary-52');
  });

  it('the port beside a host is that of the service here; where there is none, or it is another, it is told', async () => {
    const { env, told } = await ofWeb(`DB_HOST: db2
DB_PORT: 5432
PGHOST: db2
PGPORT: "\${PGPORT:-5432}"
LONE_HOST: db2
MONGO_SERVER: db3
MONGO_PORT: 27017
ODD_HOST: db2
ODD_PORT: 7777
SAME_HOST: db1
SAME_PORT: "5432"`);
    expect(env).to.deep.include({
      DB_HOST: '${db2.host}',
      DB_PORT: '${db2.port}',
      PGHOST: '${db2.host}',
      PGPORT: '${PGPORT:-${db2.port}}',
      LONE_HOST: '${db2.host}',
      MONGO_SERVER: '${db3.host}',
      MONGO_PORT: '${db3.port}',
      ODD_PORT: '7777',
      SAME_PORT: '${db1.port}',
    });
    expect(told['web.environment.LONE_HOST']?.join()).to.include('the port of "db2" is not 5432 here, but a free one');
    expect(told['web.environment.ODD_PORT']?.join()).to.include('"db2" does not say that it listens on 7777');
    expect(told['web.environment.DB_HOST']?.join()).not.to.include('is not 5432 here');
  });

  it('every host of a list is one, and so are the hosts in the defaults of variables', async () => {
    const { env, told } = await ofWeb(`URL: mongodb://u:p@db1,db3:27017/x
HOSTS: db1,db3
C_HOST: "\${C_HOST:-db3}"
D: "\${D:-postgres://u@db2/x}"
DEEP: "\${A:-\${B:-postgres://u@db2/x}}"
LISTENERS: PLAINTEXT://db1:5432,OUTSIDE://db3:27017
BARE: db1:5432,db3:27017`);
    expect(env).to.deep.include({
      URL: 'mongodb://u:p@${db1.host},${db3.host}:${db3.port}/x',
      HOSTS: '${db1.host},${db3.host}',
      C_HOST: '${C_HOST:-${db3.host}}',
      D: '${D:-postgres://u@${db2.host}:${db2.port}/x}',
      DEEP: '${A:-${B:-postgres://u@db2/x}}',
      LISTENERS: 'PLAINTEXT://${db1.host}:${db1.port},OUTSIDE://${db3.host}:${db3.port}',
      BARE: '${db1.host}:${db1.port},${db3.host}:${db3.port}',
    });
    expect(told['web.environment.HOSTS']?.join()).to.include('the port of "db3" is not 27017 here, but 27018');
    expect(told['web.environment.DEEP']?.join()).to.include('so deep in variables that it stays as it is');
    expect(told['web.environment.URL']?.join()).to.include('"db1" does not say that it listens on 27017');
  });

  it('what only looks like an address stays, and is told where it may be one', async () => {
    const { services, told } = await imported(`
  a: {image: x, command: a}
  redis: {image: x, command: a, ports: ["6379"]}
  web: {image: x, command: pnpm --filter @web dev}
  other:
    image: x
    command: [bazel, run, "//web:server"]
    environment: {MAIL: x@a, TAG: "redis:72", CACHE: redis, BUILD: "//web:server", AT: "u@redis:6379"}
`);
    expect(services['web']?.['command']).to.equal('pnpm --filter @web dev');
    expect(services['other']?.['command']).to.deep.equal('bazel run //web:server');
    expect(services['other']?.env).to.deep.equal({
      MAIL: 'x@a',
      TAG: 'redis:72',
      CACHE: 'redis',
      BUILD: '//web:server',
      AT: 'u@${redis.host}:${redis.port}',
    });
    expect(told['other.environment.TAG']?.join()).to.equal('redis:72 stays as it is: "redis" does not say that it listens there');
    expect(told['other.environment.CACHE']?.join()).to.include('which is the name of a service');
    for (const key of ['other.environment.MAIL', 'other.environment.BUILD', 'other.command', 'web.command'])
      expect(told[key], key).to.equal(undefined);
  });

  it('a host behind a flag or in a list of settings is one', async () => {
    const { services } = await imported(`${databases}
  a: {image: x, command: [redis-cli, -h, db1, ping]}
  b: {image: x, command: check --db-host=db1 --host db3}
  c: {image: x, command: a, environment: {DSN: "Host=db1;Port=5432", Q: "postgres:///x?host=db1"}}
`);
    expect(services['a']?.['command']).to.equal('redis-cli -h ${db1.host} ping');
    expect(services['b']?.['command']).to.equal('check --db-host=${db1.host} --host ${db3.host}');
    expect(services['c']?.env).to.deep.equal({ DSN: 'Host=${db1.host};Port=5432', Q: 'postgres:///x?host=${db1.host}' });
  });

  it('a port that belongs to somebody else here, or that only its service is told, is told', async () => {
    const { env, told } = await ofWeb(
      `A: postgres://u@silent:5432/x
B: postgres://u@silent/x
C: http://two:9000
D: http://silent/`,
      `
  db1: {image: x, command: a, ports: ["5432:5432", "9000"]}
  silent: {image: x, command: a}
  two: {image: x, command: a, ports: ["8000", "9000"]}
`,
    );
    expect(env).to.deep.equal({
      A: 'postgres://u@${silent.host}:5432/x',
      B: 'postgres://u@${silent.host}/x',
      C: 'http://${two.host}:9000',
      D: 'http://${silent.host}/',
    });
    for (const key of ['A', 'B']) expect(told[`web.environment.${key}`]?.join()).to.include('5432 is a port of "db1"');
    expect(told['web.environment.C']?.join()).to.include('9000 of "two" is a free port here');
  });

  it('the own loopback: without a port it is that of the web, and where a check asks elsewhere it is told', async () => {
    const { services, told } = await imported(`
  a: {image: x, command: a, ports: ["8080:80"], healthcheck: {test: curl -f http://localhost/}}
  b: {image: x, command: a, ports: ["8081:80"], healthcheck: {test: curl -f http://127.0.0.1/health}}
  c: {image: x, command: a, ports: ["8443:443"], healthcheck: {test: curl -kf https://localhost/}}
  d: {image: x, command: a, ports: ["3000:3000", "8082:8080"], healthcheck: {test: curl -f http://localhost:8080/}}
  e: {image: x, command: a, ports: ["3001:3001"], healthcheck: {test: curl -f http://localhost/}}
  f: {image: x, command: a, ports: ["5433:5432"], healthcheck: {test: pg_isready}}
  g: {image: x, command: a, ports: ["80:80"], healthcheck: {test: curl -f http://localhost/}}
`);
    const tests = Object.entries(services).map(([name, { healthcheck }]) => [name, (healthcheck as { test: string }).test]);
    expect(Object.fromEntries(tests)).to.deep.equal({
      a: 'curl -f ${a.url}/',
      b: 'curl -f ${b.url}/health',
      c: 'curl -kf https://localhost:${c.port}/',
      d: 'curl -f http://localhost:8082/',
      e: 'curl -f http://localhost/',
      f: 'pg_isready',
      g: 'curl -f http://localhost/',
    });
    expect(told['f.healthcheck.test']?.join()).to.include('it listens on 5433 here, and not on 5432');
  });

  it('values are looked at in bounded time, however long they are', async () => {
    const nested = `${'${A:-'.repeat(10_000)}x${'}'.repeat(10_000)}`;
    const parts = ['db1:', 'http://', 'a,', ',a://', '--host ', 'db1,', '@', '-h', 'x-', '${A:-', 'localhost', 'a='];
    for (const long of [...parts.map((part) => part.repeat(10_000)), nested]) {
      const value = JSON.stringify(long);
      const text = `services: {db1: {image: x}, web: {image: x, command: a, environment: {A_HOST: ${value}, B: ${value}}}}`;
      const source = { file: 'compose.yaml', root: '/project', absolute: '/project/compose.yaml', text, position };
      const result = await composeImporter.toDraft({ sources: [source], out: '/project', files: noFiles });
      expect(isImported(result), long.slice(0, 20)).to.equal(true);
    }
  });
});
