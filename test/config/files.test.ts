import { mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { formatDiagnostic } from '../../lib/domain/diagnostic.ts';
import { createProject, type Project } from './project.ts';

describe('a stack of several files', () => {
  const projects: Project[] = [];
  const given = (files: Readonly<Record<string, string>>): Project => {
    const project = createProject(files['services.yaml'] ?? '');
    for (const [file, text] of Object.entries(files)) project.write(file, text);
    projects.push(project);
    return project;
  };

  afterEach(() => {
    for (const project of projects.splice(0)) project.remove();
  });

  it('takes paths, env, env files and defaults of each service from its own file, and logs from the first', async () => {
    const project = given({
      'services.yaml':
        'include: [backend/services.yaml]\nenv: {WHO: main}\ndefaults: {restart: always}\nservices: {web: {command: x}}\n',
      'backend/services.yaml':
        'env: {WHO: backend}\nenv_file: .env\ndefaults: {host: 0.0.0.0}\nservices:\n  api: {command: x, ready: {file: tmp/up}}\n  db: {command: x, cwd: data, env_file: db.env}\n',
      'backend/.env': 'SHARED=1\n',
      'backend/db.env': 'OWN=2\n',
    });
    const { stack } = await project.load();
    const [web, api, db] = ['web', 'api', 'db'].map((name) => stack?.services.get(name));
    expect(web).to.deep.include({ cwd: project.root, env: { WHO: 'main', NODE_ENV: 'development' }, host: '127.0.0.1' });
    expect(web?.restart.policy).to.equal('always');
    expect(api).to.deep.include({
      cwd: path.join(project.root, 'backend'),
      env: { WHO: 'backend', SHARED: '1', NODE_ENV: 'development' },
      host: '0.0.0.0',
    });
    expect(api?.restart.policy).to.equal('on-failure');
    expect(api?.ready?.check).to.deep.equal({ kind: 'file', path: path.join(project.root, 'backend/tmp/up') });
    expect(api?.log.file).to.equal(path.join(project.root, 'logs/api.log'));
    expect(db?.cwd).to.equal(path.join(project.root, 'backend/data'));
    expect(db?.env['OWN']).to.equal('2');
    expect(stack?.files.map((file) => path.relative(project.root, file))).to.deep.equal([
      'services.yaml',
      'backend/services.yaml',
      'backend/.env',
      'backend/db.env',
    ]);
  });

  it('takes a sibling of the same repository, and nothing from outside of it', async () => {
    const project = given({
      'app/services.yaml': 'include: [../other/services.yaml]\nservices: {web: {command: x, depends_on: [api]}}\n',
      'other/services.yaml': 'services: {api: {command: x, cwd: src}}\n',
      'other/src/x': '',
      'repo/services.yaml': 'include: [../other/services.yaml]\nservices: {}\n',
    });
    mkdirSync(path.join(project.root, '.git'));
    const inside = await project.load({ file: 'app/services.yaml', checkSystem: true, env: { PATH: '' } });
    expect(inside.diagnostics.filter(({ code }) => code !== 'command-missing').map(formatDiagnostic)).to.deep.equal([]);
    mkdirSync(path.join(project.root, 'repo/.git'));
    const outside = await project.load({ file: 'repo/services.yaml' });
    expect(outside.diagnostics.map(formatDiagnostic)).to.deep.equal([
      'repo/services.yaml:1:11: include "../other/services.yaml" must be a file inside the project; copy the file here',
    ]);
  });

  it('S-21: refuses a link that leads out', async () => {
    const project = given({
      'repo/services.yaml': 'include: [in.yaml]\nservices: {}\n',
      'out.yaml': 'services: {a: {command: x}}\n',
    });
    symlinkSync('../out.yaml', path.join(project.root, 'repo/in.yaml'));
    const { diagnostics } = await project.load({ file: 'repo/services.yaml' });
    expect(diagnostics.map(formatDiagnostic)).to.deep.equal([
      'repo/services.yaml:1:11: include "in.yaml" must be a file inside the project; copy the file here',
    ]);
  });

  it('never shows what a secret variable gave, from whichever block', async () => {
    const project = given({
      'services.yaml': 'include: [a.yaml]\nservices: {}\nenvironments: {test: {services: {api: {health_url: "${API_TOKEN}"}}}}\n',
      'a.yaml': 'defaults: {host: "${API_TOKEN}"}\nservices: {api: {command: x, cwd: "${API_TOKEN}"}}\n',
    });
    const said = await project.check({ environment: 'test', env: { API_TOKEN: 'hush hush' }, checkSystem: true });
    expect(said).to.have.length(3);
    expect(said.join('\n')).not.to.contain('hush');
  });
});

describe('environments of a stack', () => {
  const projects: Project[] = [];
  const given = (yaml: string): Project => {
    const project = createProject(yaml);
    projects.push(project);
    return project;
  };

  afterEach(() => {
    for (const project of projects.splice(0)) project.remove();
  });

  const yaml = `
max_parallel: 4
env: {LEVEL: debug, TZ: UTC}
defaults: {stop: {timeout: 10s}}
services:
  db: {command: x}
  cache: {command: x}
  api:
    command: [node, api.js]
    port: 3000
    env: [A=1, B=2]
    depends_on: {db: {wait_up_to: 5s}}
    health: {http: "http://localhost:3000/health", interval: 2s}
    restart: always
environments:
  production:
    max_parallel: 2
    env: {LEVEL: info}
    defaults: {stop: {signal: SIGINT}}
    services:
      api:
        command: [node, dist/api.js]
        port: 80
        host: 0.0.0.0
        env: {B: "3"}
        depends_on: {db: {required: false}, cache: {}}
        health: {exec: "true"}
        restart: {max: 9}
`;

  it('override field by field: maps are merged, lists and everything else replace', async () => {
    const project = given(yaml);
    const before = await project.service('api');
    expect(before).to.deep.include({ host: '127.0.0.1', ports: [{ name: null, wanted: 3000 }] });
    const api = await project.service('api', { environment: 'production' });
    expect(api.command).to.deep.equal({ kind: 'direct', program: 'node', args: ['dist/api.js'] });
    expect(api).to.deep.include({ host: '0.0.0.0', ports: [{ name: null, wanted: 80 }] });
    expect(api.env).to.deep.equal({ LEVEL: 'info', TZ: 'UTC', A: '1', B: '3', NODE_ENV: 'production' });
    expect(api.dependsOn.map(({ on, required, waitUpTo }) => ({ on, required, waitUpTo }))).to.have.deep.members([
      { on: 'db', required: false, waitUpTo: 5000 },
      { on: 'cache', required: true, waitUpTo: null },
    ]);
    expect(api.health?.check.kind).to.equal('exec');
    expect(api.health?.interval).to.equal(2000);
    expect(api.restart).to.deep.include({ policy: 'always', max: 9 });
    expect(api.stop).to.deep.include({ signal: 'SIGINT', timeout: 10_000 });
    expect((await project.load({ environment: 'production' })).stack?.maxParallel).to.equal(2);
    expect((await project.load()).stack?.maxParallel).to.equal(4);
  });

  it('MUSTER_HEALTH_TIMEOUT holds for every service, and leaves tasks alone', async () => {
    const project = given('services:\n  a: {command: x}\n  b: {command: x, health_timeout: 5m}\n  c: {command: x, type: task}\n');
    const { stack } = await project.load({ env: { MUSTER_HEALTH_TIMEOUT: '3s' } });
    expect([...(stack?.services.values() ?? [])].map(({ healthTimeout }) => healthTimeout)).to.deep.equal([3000, 3000, null]);
  });
});

describe('replicas', () => {
  const projects: Project[] = [];
  const given = (yaml: string): Project => {
    const project = createProject(yaml);
    projects.push(project);
    return project;
  };

  afterEach(() => {
    for (const project of projects.splice(0)) project.remove();
  });

  const yaml = `
services:
  api:
    command: run --port \${api.port}
    port: 3000
    replicas: 3
    label: The API
    health_url: \${api.url}/health
    env: {NEXT: "\${api-2.url}"}
  web: {command: x, port: 4000, depends_on: [api]}
`;

  it('A14: are instances with ports counted up, a log and an address of their own; dependents wait for all', async () => {
    const project = given(yaml);
    const { stack } = await project.load();
    const services = [...(stack?.services.values() ?? [])];
    expect(services.map(({ name }) => name)).to.deep.equal(['api-1', 'api-2', 'api-3', 'web']);
    expect(services.flatMap(({ ports }) => ports.map(({ wanted }) => wanted))).to.deep.equal([3000, 3001, 3002, 4000]);
    const second = stack?.services.get('api-2');
    expect(second).to.deep.include({
      label: 'The API 2',
      replica: { of: 'api', index: 2 },
      command: { kind: 'direct', program: 'run', args: ['--port', [{ service: 'api-2', what: 'port' }]] },
      env: { NEXT: [{ service: 'api-2', what: 'url' }], NODE_ENV: 'development' },
    });
    expect(second?.health?.check).to.deep.include({ url: [{ service: 'api-2', what: 'url' }, '/health'] });
    expect(second?.log.file).to.equal(path.join(project.root, 'logs/api-2.log'));
    expect(stack?.services.get('web')?.dependsOn.map(({ on, condition }) => `${on} ${condition}`)).to.deep.equal([
      'api-1 healthy',
      'api-2 healthy',
      'api-3 healthy',
    ]);
    expect(new Set(services.map(({ definitionHash }) => definitionHash)).size).to.equal(4);
  });

  it('keep their definitions when there are more of them', async () => {
    const project = given(yaml);
    const before = (await project.load()).stack?.services.get('api-2')?.definitionHash;
    project.write('services.yaml', yaml.replace('replicas: 3', 'replicas: 2'));
    expect((await project.load()).stack?.services.get('api-2')?.definitionHash).to.equal(before);
  });

  it('A10: one that is named brings what it needs, and not its siblings', async () => {
    const project = given(yaml);
    const names = async (...only: string[]): Promise<string[]> => [
      ...((await project.load({ only })).stack?.services.keys() ?? []),
    ];
    expect(await names('api-2')).to.deep.equal(['api-2']);
    expect(await names('api')).to.deep.equal(['api-1', 'api-2', 'api-3']);
    expect(await names('web')).to.deep.equal(['api-1', 'api-2', 'api-3', 'web']);
    expect(await names('api-1', 'web')).to.deep.equal(['api-1', 'api-2', 'api-3', 'web']);
  });

  it('A15: none is fine, and one is just the service', async () => {
    const none = await given(`${yaml}\n`.replace('replicas: 3', 'replicas: 0').replace('${api-2.url}', 'x')).load();
    expect([...(none.stack?.services.keys() ?? [])]).to.deep.equal(['web']);
    const one = await given(yaml.replace('replicas: 3', 'replicas: 1').replace('${api-2.url}', 'x')).load();
    expect([...(one.stack?.services.keys() ?? [])]).to.deep.equal(['api', 'web']);
  });
});
