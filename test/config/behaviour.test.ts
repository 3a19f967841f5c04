import { expect } from 'chai';
import { createProject, type Project } from './project.ts';

describe('A: graph and configuration', () => {
  const projects: Project[] = [];
  const given = (yaml: string | Uint8Array): Project => {
    const project = createProject(yaml);
    projects.push(project);
    return project;
  };

  afterEach(() => {
    for (const project of projects.splice(0)) project.remove();
  });

  it('A1: refuses a service that depends on itself, with its place', async () => {
    const said = await given('services:\n  web: {command: x, depends_on: [web]}\n').check();
    expect(said).to.deep.equal(['services.yaml:2:34: service "web" depends on itself; remove it']);
  });

  it('A2: shows a cycle as its whole path from the smallest name, each link with its line', async () => {
    // c -> a -> b -> c
    const said = await given(
      'services:\n  c: {command: x, depends_on: [a]}\n  a: {command: x, depends_on: [b]}\n  b: {command: x, depends_on: [c]}\n',
    ).check();
    expect(said).to.deep.equal([
      'services.yaml:2:32: dependency cycle: a -> b -> c -> a; remove one of these links: a -> b (3:32), b -> c (4:32), c -> a (2:32)',
    ]);
  });

  it('A3: reports two separate cycles in one run', async () => {
    // a <-> b    c <-> d
    const edges = { a: 'b', b: 'a', c: 'd', d: 'c' };
    const lines = Object.entries(edges).map(([from, to]) => `  ${from}: {command: x, depends_on: [${to}]}\n`);
    const said = await given(`services:\n${lines.join('')}`).check();
    expect(said.map((line) => line.slice(0, line.indexOf(';')))).to.deep.equal([
      'services.yaml:3:32: dependency cycle: a -> b -> a',
      'services.yaml:5:32: dependency cycle: c -> d -> c',
    ]);
  });

  it('A4: refuses a cycle that only a soft edge closes, and names the edge to drop', async () => {
    // a ..> b -> a
    const [said, ...more] = await given(
      'services:\n  a: {command: x, depends_on: {b: {required: false}}}\n  b: {command: x, depends_on: [a]}\n',
    ).check();
    expect(said).to.include('a -> b is optional but still orders the start');
    expect(said).to.include('remove the link a -> b (2:32)');
    expect(more).to.deep.equal([]);
  });

  it('A5: minds a cycle among inactive profiles only when all profiles are checked', async () => {
    const project = given(
      'services:\n  web: {command: x}\n  a: {command: x, profiles: [p], depends_on: [b]}\n  b: {command: x, profiles: [p], depends_on: [a]}\n',
    );
    expect(await project.check()).to.deep.equal([]);
    expect(await project.check({ allProfiles: true })).to.have.lengthOf(1);
    expect(await project.check({ profiles: ['p'] })).to.have.lengthOf(1);
  });

  it('A8: says everything that is wrong in one run, sorted by line, with what was meant', async () => {
    const { stack, diagnostics } = await given(
      'services:\n  web:\n    comand: x\n    port: yes\n    depends_on: {dbb: {condition: helthy}}\n  db: {command: x}\n',
    ).load();
    expect(stack).to.equal(null);
    expect(diagnostics.map(({ line, column, code, hint }) => [line, column, code, hint])).to.deep.equal([
      [3, 5, 'unknown-key', 'did you mean "command"?'],
      [4, 11, 'wrong-type', 'write for example 3000'],
      [5, 18, 'unknown-dependency', 'did you mean "db"?'],
      [5, 35, 'invalid-value', 'did you mean "healthy"?'],
    ]);
  });

  it('A9: names the flag that would activate a dependency', async () => {
    const [said] = await given(
      'services:\n  web: {command: x, depends_on: [db]}\n  db: {command: x, profiles: [data]}\n',
    ).check();
    expect(said).to.match(/^services\.yaml:2:34: .*add --profile data/);
  });

  it('A9: lets a soft edge to an inactive service go', async () => {
    const project = given(
      'services:\n  web: {command: x, depends_on: {db: {required: false}}}\n  db: {command: x, profiles: [data]}\n',
    );
    expect((await project.service('web')).dependsOn).to.deep.equal([]);
  });

  it('A10: activates a named service and what it needs, not the rest of their profiles', async () => {
    const project = given(
      [
        'services:',
        '  web: {command: x, profiles: [front], depends_on: [db]}',
        '  db: {command: x, profiles: [data]}',
        '  backup: {command: x, profiles: [data]}',
        '  docs: {command: x}\n',
      ].join('\n'),
    );
    const { stack } = await project.load({ only: ['web'] });
    expect([...(stack?.services.keys() ?? [])]).to.deep.equal(['web', 'db']);
    const alone = await project.load({ only: ['web'], noDeps: true });
    expect([...(alone.stack?.services.values() ?? [])].map(({ name, dependsOn }) => [name, dependsOn.length])).to.deep.equal([
      ['web', 0],
    ]);
  });

  it('A11: refuses to wait for the health of a service without a probe, or for the end of one that runs on', async () => {
    const said = await given(
      [
        'services:',
        '  db: {command: x}',
        '  forever: {command: x, restart: always}',
        '  web: {command: x, depends_on: {db: {condition: healthy}, forever: {condition: completed}}}',
        '  api: {command: x, depends_on: {db: {condition: completed}}}\n',
      ].join('\n'),
    ).check();
    expect(said.map((line) => line.replace(/; .*/, ''))).to.deep.equal([
      'services.yaml:4:50: "web" waits for "db" to be healthy, but "db" has no probe',
      'services.yaml:4:81: "web" waits for "forever" to finish, but "forever" restarts always',
      'services.yaml:5:50: "api" waits for "db" to finish, but "db" is a service that runs on',
    ]);
  });

  it('A12: reports both positions of a duplicate key', async () => {
    const said = await given('services:\n  web:\n    command: a\n    command: b\n').check();
    expect(said).to.deep.equal(['services.yaml:4:5: "command" is given twice (first at 3:5); remove one']);
  });

  it('A13: takes `restart: no` as the policy and leaves `22:22` text', async () => {
    const project = given('services:\n  web: {command: x, restart: no, env: {WHEN: 22:22, ON: on, OFF: no}}\n');
    const web = await project.service('web');
    expect(web.restart.policy).to.equal('no');
    expect(web.env).to.deep.equal({ WHEN: '22:22', ON: 'on', OFF: 'no', NODE_ENV: 'development' });
  });

  it('A14: refuses the same port twice in the active set, not in disjoint profiles or on different addresses', async () => {
    const yaml = (a: string, b: string): string =>
      `services:\n  a: {command: x, port: 3000${a}}\n  b: {command: x, port: 3000${b}}\n`;
    expect(await given(yaml('', '')).check()).to.deep.equal([
      'services.yaml:3:25: port 3000 is already used by "a" (2:25); pick another port',
    ]);
    expect(await given(yaml(', profiles: [p]', ', profiles: [q]')).check({ profiles: ['q'] })).to.deep.equal([]);
    expect(await given(yaml(', host: 10.0.0.1', ', host: 10.0.0.2')).check()).to.deep.equal([]);
    expect(await given(yaml(', host: 0.0.0.0', ', host: 10.0.0.2')).check()).to.have.lengthOf(1);
    expect(await given(yaml(', host: localhost', ', host: "::1"')).check()).to.have.lengthOf(1);
  });

  it('A15: takes a stack without services, and one with a single one', async () => {
    const none = await given('services: {}\n').load();
    expect(none.stack?.services.size).to.equal(0);
    expect(none.diagnostics.map(({ severity, message }) => [severity, message])).to.deep.equal([
      ['hint', 'there are no services'],
    ]);
    expect((await given('services:\n').load()).stack?.services.size).to.equal(0);
    expect((await given('services: {a: {command: x}}\n').load()).stack?.services.size).to.equal(1);
  });

  it('A17: names an unset variable and its line, and shows the message of its author', async () => {
    const said = await given(
      // oxlint-disable-next-line no-template-curly-in-string -- the variables are muster's.
      'services:\n  web:\n    command: run ${KEY:?set KEY in .env}\n    cwd: ${WHERE}\n',
    ).check();
    expect(said).to.deep.equal([
      'services.yaml:3:18: KEY: set KEY in .env; set KEY',
      'services.yaml:4:10: variable "WHERE" is not set; set it in the environment, or write ${WHERE:-default}',
    ]);
  });

  it('A18: keeps positions right with CRLF, a byte-order mark, and characters of two places', async () => {
    const said = await given('\ufeffservices:\r\n  web: {label: "🚀🚀", comand: x}\r\n').check();
    expect(said).to.deep.equal(['services.yaml:2:22: unknown key "comand" in service "web"; did you mean "command"?']);
    expect(await given('services:\r\n\tweb: {command: x}\r\n').check()).to.deep.equal([
      'services.yaml:2:1: tab used for indentation; indent "web" by 2 spaces',
    ]);
  });
});
