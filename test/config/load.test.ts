// oxlint-disable no-template-curly-in-string -- the variables are muster's.
import { chmodSync, existsSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { createProject, type Project } from './project.ts';

describe('loading a stack', () => {
  const projects: Project[] = [];
  const given = (yaml: string): Project => {
    const project = createProject(yaml);
    projects.push(project);
    return project;
  };

  afterEach(() => {
    for (const project of projects.splice(0)) project.remove();
  });

  it('reads the stack level, with its defaults', async () => {
    const project = given('name: shop\nmax_parallel: 4\nboot_timeout: 5m\nshutdown_deadline: 10s\nservices: {a: {command: x}}\n');
    const { stack } = await project.load({ environment: 'testing' });
    expect({ ...stack, services: stack?.services.size }).to.deep.equal({
      name: 'shop',
      root: project.root,
      file: 'services.yaml',
      files: [path.join(project.root, 'services.yaml')],
      environment: 'test',
      services: 1,
      maxParallel: 4,
      bootTimeout: 300_000,
      shutdownDeadline: 10_000,
      hooks: { commands: {}, env: {} },
      notify: [],
      clean: [],
    });
    const plain = given('services: {}\n');
    expect((await plain.load()).stack).to.deep.include({
      name: path.basename(plain.root),
      maxParallel: null,
      bootTimeout: null,
      shutdownDeadline: 30_000,
      hooks: { commands: {}, env: {} },
      notify: [],
    });
  });

  it('merges the environment: stack file, stack, service file, service; NODE_ENV unless it is set', async () => {
    const project = given(
      [
        'env_file: stack.env',
        'env: {B: stack, C: stack, D: stack}',
        'services:',
        '  a: {command: x, env_file: [one.env, two.env], env: {D: service, N: 08, T: true, V: 1.10}}',
        '  b: {command: x, env: [NODE_ENV=mine, EMPTY=]}\n',
      ].join('\n'),
    );
    project.write('stack.env', 'A=stack-file\nB=stack-file\n');
    project.write('one.env', 'C=one\nX=one\n');
    project.write('two.env', 'C=two\nD=two\n');
    expect((await project.service('a')).env).to.deep.equal({
      A: 'stack-file',
      B: 'stack',
      C: 'two',
      X: 'one',
      D: 'service',
      N: '08',
      T: 'true',
      V: '1.10',
      NODE_ENV: 'development',
    });
    expect((await project.service('b')).env).to.deep.include({ NODE_ENV: 'mine', EMPTY: '' });
  });

  it('tells which names of the environment are secret: by their words, or because a file holds them', async () => {
    const project = given(
      'services:\n  a: {command: x, env_file: .env, env: {API_TOKEN: t, PLAIN: p, OVER: o}}\n  b: {command: x, profiles: [p]}\n',
    );
    project.write('.env', 'FROM_FILE=1\nOVER=2\n');
    const { secrets } = await project.load();
    expect([...secrets].map(([name, names]) => [name, [...names]])).to.deep.equal([['a', ['FROM_FILE', 'API_TOKEN']]]);
  });

  it('puts the defaults block under each service, field by field', async () => {
    const project = given(
      [
        'defaults:',
        '  restart: always',
        '  env: {A: shared, B: shared}',
        '  stop: {timeout: 10s, signal: SIGINT}',
        '  health: {tcp: true, interval: 2s}',
        'services:',
        '  a: {command: x, port: 3000, env: {B: own}, stop: {timeout: 1s}, restart: {max: 3}}',
        '  b: {command: x, health: {exec: y}}',
        '  c: {command: x, health_url: "http://localhost:1/"}\n',
      ].join('\n'),
    );
    const a = await project.service('a');
    expect(a.env).to.deep.include({ A: 'shared', B: 'own' });
    expect(a.stop).to.deep.include({ timeout: 1000, signal: 'SIGINT' });
    expect(a.restart).to.deep.include({ policy: 'always', max: 3 });
    expect(a.health).to.deep.include({ interval: 2000 });
    expect((await project.service('b')).health).to.deep.include({
      interval: 2000,
      check: { kind: 'exec', command: { kind: 'direct', program: 'y', args: [] } },
    });
    expect((await project.service('c')).health?.check.kind).to.equal('http');
  });

  it('reads what a variable gives as the number or truth value that the field wants, with quotes or without', async () => {
    const project = given(
      'services:\n  a: {command: "x ${PORT}", port: "${PORT}", optional: "${OPT:-true}", label: "${PORT}", health: {tcp: "${PORT}"}, env: {P: "${PORT}", Q: "${OCT}"}}\n',
    );
    const a = await project.service('a', { env: { PORT: '3000', OCT: '010' } });
    expect(a.ports).to.deep.equal([{ name: null, wanted: 3000 }]);
    expect(a.optional).to.equal(true);
    expect(a.label).to.equal('3000');
    expect(a.env).to.deep.include({ P: '3000', Q: '010' });
    expect(a.command).to.deep.equal({ kind: 'direct', program: 'x', args: ['3000'] });
  });

  it('keeps addresses of services as references', async () => {
    const project = given(
      'services:\n  api: {command: x, port: auto}\n  web: {command: "web --api ${api.url}", env: {HOST: "${api.host}", TEXT: "$${api.host}"}}\n',
    );
    const web = await project.service('web');
    expect(web.command).to.deep.equal({ kind: 'direct', program: 'web', args: ['--api', [{ service: 'api', what: 'url' }]] });
    expect(web.env).to.deep.include({ HOST: [{ service: 'api', what: 'host' }], TEXT: '${api.host}' });
  });

  it('takes the address of a service that does not take part from the file', async () => {
    const project = given(
      [
        'env: {DB: "${db.port}"}',
        'services:',
        '  web: {command: "x ${api.url} ${web.port}", port: 3000, env: {HOST: "${api.host}"}}',
        '  api: {command: x, port: 4000, host: 0.0.0.0, profiles: [p]}',
        '  db: {command: x, port: 5432, profiles: [p]}',
        '  any: {command: "x ${auto.port}", profiles: [q]}',
        '  auto: {command: x, port: auto, profiles: [p]}\n',
      ].join('\n'),
    );
    const web = await project.service('web');
    expect(web.command).to.deep.include({ args: ['http://127.0.0.1:4000', [{ service: 'web', what: 'port' }]] });
    expect(web.env).to.deep.include({ DB: '5432', HOST: '127.0.0.1' });
    expect((await project.service('web', { allProfiles: true })).definitionHash).to.equal(web.definitionHash);
    expect(await project.check({ profiles: ['q'] })).to.deep.equal([
      'services.yaml:6:21: "${auto.port}": service "auto" does not take part, and its port is only known when it does; name "auto" too, or give it a fixed port',
    ]);
  });

  it('gives a task of the defaults what has a meaning for it', async () => {
    const project = given(
      [
        'defaults: {startup_delay: 2s, restart: {policy: always, max: 2}}',
        'services:',
        '  seed: {command: x, type: task}',
        '  web: {command: x}\n',
      ].join('\n'),
    );
    const seed = await project.service('seed');
    expect(seed).to.deep.include({ startupDelay: 0, healthTimeout: null });
    expect(seed.restart).to.deep.include({ policy: 'on-failure', max: 2 });
    const web = await project.service('web');
    expect([web.startupDelay, web.restart.policy]).to.deep.equal([2000, 'always']);
  });

  it('never makes a service depend on itself by the defaults', async () => {
    const project = given(
      'defaults: {depends_on: [db, log]}\nservices:\n  db: {command: x, depends_on: []}\n  log: {command: x}\n  web: {command: x}\n',
    );
    expect((await project.service('log')).dependsOn.map(({ on }) => on)).to.deep.equal(['db']);
    expect((await project.service('web')).dependsOn.map(({ on }) => on)).to.deep.equal(['db', 'log']);
  });

  it('lets any number of warnings pass, and shows a thousand', async () => {
    const services = Array.from(
      { length: 1100 },
      (_, n) => `  s${n}: {command: x, host: 127.0.1.${n % 250}, port: ${(n % 900) + 1}}\n`,
    );
    const { stack, diagnostics } = await given(`services:\n${services.join('')}`).load();
    expect(stack?.services.size).to.equal(1100);
    expect(diagnostics.at(-1)?.message).to.equal('more than 1000 warnings');
    expect(new Set(diagnostics.map(({ severity }) => severity))).to.deep.equal(new Set(['warning']));
    const broken = await given(`services:\n${services.join('')}  last: {command: x, port: 0}\n`).load();
    expect(broken.stack).to.equal(null);
    expect(broken.diagnostics.filter(({ severity }) => severity === 'error').map(({ message }) => message)).to.include(
      'port 0 is out of range 1-65535',
    );
  });

  it('gives edges the condition that fits their end', async () => {
    const project = given(
      [
        'services:',
        '  db: {command: x, port: 5432}',
        '  migrate: {command: x, type: task, depends_on: db}',
        '  queue: {command: x}',
        '  docs: {command: x, optional: true}',
        '  web: {command: x, depends_on: [db, migrate, queue, docs]}\n',
      ].join('\n'),
    );
    const web = await project.service('web');
    expect(web.dependsOn.map(({ on, condition, required }) => [on, condition, required])).to.deep.equal([
      ['db', 'healthy', true],
      ['migrate', 'completed', true],
      ['queue', 'started', true],
      ['docs', 'started', false],
    ]);
  });

  it('has no stack when there are errors, and one when there are only warnings', async () => {
    const warned = await given('services: {a: {command: x, port: 80}}\n').load();
    expect(warned.stack).to.not.equal(null);
    expect(warned.diagnostics.map(({ severity }) => severity)).to.deep.equal(['warning']);
    expect((await given('services: {a: {command: x, port: 0}}\n').load()).stack).to.equal(null);
  });

  it('knows the user and the limit of the machine for privileged ports', async () => {
    const project = given('services: {a: {command: x, port: 80}}\n');
    expect(await project.check({ facts: { uid: 0, firstFreePort: 1024 } })).to.deep.equal([]);
    expect(await project.check({ facts: { uid: 1000, firstFreePort: 80 } })).to.deep.equal([]);
    expect(await project.check({ facts: { uid: null, firstFreePort: 1024 } })).to.deep.equal([]);
  });

  it("looks for programs along the service's own PATH, in its folder when they have a slash, and runs nothing", async function () {
    if (process.platform === 'win32') this.skip();
    const project = given(
      [
        'services:',
        '  a: {command: tool}',
        '  b: {command: tool, env: {PATH: other}}',
        '  c: {command: ./tool, cwd: bin}',
        '  d: {command: vite}',
        '  e: {command: "vite --x | cat"}\n',
      ].join('\n'),
    );
    project.write('bin/tool', `#!/bin/sh\ntouch ${project.root}/ran\n`);
    project.write('node_modules/.bin/vite', '');
    chmodSync(path.join(project.root, 'bin/tool'), 0o755);
    const said = await project.check({ checkSystem: true, env: { PATH: path.join(project.root, 'bin') } });
    expect(said).to.deep.equal([
      'services.yaml:3:16: program "tool" is not in PATH; install it or fix the name',
      'services.yaml:5:16: program "vite" is not in PATH; write "./node_modules/.bin/vite" or "npx vite"',
      'services.yaml:6:17: program "vite" is not in PATH (warning); write "./node_modules/.bin/vite" or "npx vite"',
    ]);
    expect(existsSync(path.join(project.root, 'ran'))).to.equal(false);
  });

  it('gives the same definition hash for the same file, and another for another environment', async () => {
    const project = given('services: {a: {command: x, env: {V: "${V:-1}"}}}\n');
    const { definitionHash } = await project.service('a');
    expect(definitionHash).to.match(/^[0-9a-f]{16}$/);
    expect((await project.service('a')).definitionHash).to.equal(definitionHash);
    expect((await project.service('a', { env: { V: '2' } })).definitionHash).to.not.equal(definitionHash);
  });

  it('never shows what a secret variable holds', async () => {
    const project = given('services:\n  a: {command: x, port: "${DB_PASSWORD}", type: "${API_KEY}", env: ["${SECRET}"]}\n');
    const said = await project.check({ env: { DB_PASSWORD: 'hunter2', API_KEY: 'k-123456', SECRET: 'x-98765' } });
    expect(said).to.have.lengthOf(3);
    expect(said.join('\n'))
      .to.include('***')
      .and.not.match(/hunter2|k-123456|x-98765/);
    const longer = given('services:\n  a: {command: x, port: "${DB_PASSWORD}/${API_KEY}"}\n');
    expect((await longer.check({ env: { DB_PASSWORD: 'k-123', API_KEY: 'k-123456' } })).join('\n'))
      .to.include('***/***')
      .and.not.match(/456/);
  });
});
