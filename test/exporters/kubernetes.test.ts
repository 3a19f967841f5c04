import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import { exporters } from '../../lib/interfaces/exporters/registry.ts';
import { cleanUpProjects, createProject, runMuster } from '../support/cli.ts';
import { hostileValues } from './hostile.ts';
import { toInput } from './rig.ts';

type Container = {
  readonly image?: string;
  readonly command: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: unknown }[];
  readonly [key: string]: unknown;
};
type PodSpec = {
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly [key: string]: unknown;
};
type Found = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  };
  readonly spec: { readonly template: { readonly spec: PodSpec }; readonly [key: string]: unknown };
};

const exportStack = async (content: unknown) => {
  const exporter = exporters.find(({ format }) => format === 'kubernetes');
  const exported = exporter?.toFiles(await toInput(content));
  if (exported === undefined) throw new Error('there is no exporter');
  const text = exported.files[0]?.text ?? '';
  const objects = parseAllDocuments(text).flatMap((document) => {
    const value: unknown = document.toJS();
    return value === null ? [] : [value as Found];
  });
  const find = (kind: string, name: string): Found => {
    const found = objects.find((object) => object.kind === kind && object.metadata.name.startsWith(name));
    if (found === undefined) throw new Error(`no ${kind} ${name} in\n${text}`);
    return found;
  };
  return { ...exported, text, objects, find };
};

const podOf = (object: Found): PodSpec => object.spec.template.spec;
const mainOf = (object: Found): Container => {
  const [container] = podOf(object).containers;
  if (container === undefined) throw new Error('no container');
  return container;
};

/** What Kubernetes makes of `$` in commands, arguments and variables (its own expansion: `$$` is a `$`, `$(NAME)` a variable). */
const expand = (text: string): string => {
  expect(text.replaceAll('$$', '')).not.to.include('$(');
  return text.replaceAll('$$', '$');
};

const args = hostileValues.filter((value) => value !== '');

/** db ◄─ migrate ◄─ api (2) ◄─ web; mail (optional) ◄┄ web */
const shop = {
  name: 'Shop & Co',
  services: {
    db: {
      image: 'postgres:16',
      command: 'postgres',
      port: 5432,
      stop: { timeout: '30s', command: 'pg_ctl stop' },
      restart: { on_unhealthy: true },
      env: { POSTGRES_PASSWORD: 'canary-7f3a' },
    },
    migrate: { type: 'task', image: 'app:1', command: 'npm run migrate', depends_on: ['db'], restart: { max: 2 } },
    api: {
      image: 'app:1',
      command: ['node', 'api.js', ...args],
      ports: { http: 3000, 'Admin-Port': 9000 },
      replicas: 2,
      depends_on: ['migrate', 'db'],
      env: {
        ...Object.fromEntries(hostileValues.map((value, index) => [`V${index}`, value])),
        DB: '@{db.host}:@{db.port}',
        SELF: '@{api.url}',
      },
      health: { http: '@{api.url}/health?a=1', headers: { 'X-A': '$(b)' }, interval: '10s', retries: 2, successes: 2 },
      health_timeout: '90s',
      startup_delay: '2s',
      resources: { cpu: '250m', memory: '256MiB', limits: { memory: '1GiB' } },
      expose: 'shop.example.com',
    },
    mail: { image: 'mail:1', command: 'mail', port: 25, optional: true },
    web: {
      image: 'app:1',
      command: 'node web.js',
      port: 8080,
      expose: true,
      wait_before_start: '1500ms',
      ready: { exec: 'test -e "/tmp/$(hostname)"' },
      depends_on: { api: { condition: 'healthy' }, mail: { wait_up_to: '5s' } },
    },
  },
};

const validators = ['1.20', '1.36'].map((version) => {
  const schema = JSON.parse(
    readFileSync(join(import.meta.dirname, '..', 'data', 'kubernetes', `k8s-${version}.schema.json`), 'utf8'),
  ) as {
    roots: Record<string, string>;
    definitions: Record<string, { properties?: unknown; additionalProperties?: unknown }>;
  };
  // A key that the server does not know is a mistake of ours.
  for (const definition of Object.values(schema.definitions))
    if (definition.properties !== undefined) definition.additionalProperties ??= false;
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
  ajv.addSchema({ $id: 'k8s', definitions: schema.definitions });
  return {
    version,
    validate: (object: { apiVersion: string; kind: string }): unknown => {
      const key = object.apiVersion.includes('/')
        ? `${object.apiVersion}/${object.kind}`
        : `/${object.apiVersion}/${object.kind}`;
      const root = schema.roots[key];
      if (root === undefined) return `${key} is not in the schema`;
      const check = ajv.compile({ $ref: `k8s#/definitions/${root}` });
      return check(object) ? null : check.errors;
    },
  };
});

describe('muster export kubernetes', () => {
  afterEach(cleanUpProjects);

  it('no two ports of a Service have one name, however much their names begin alike', async () => {
    const ports = {
      'metrics-internal-a': 9001,
      'metrics-internal-b': 9002,
      'p-9004': 9003,
      'metrics-internal-c': 9004,
    };
    const { find } = await exportStack({ services: { web: { image: 'web', command: 'web', ports } } });
    const { ports: named } = find('Service', 'web').spec as unknown as { ports: { name: string; port: number }[] };
    expect(named.map(({ name, port }) => `${name} ${port}`)).to.deep.equal([
      'metrics-interna 9001',
      'p-9002 9002',
      'p-9004 9003',
      'p-9004-2 9004',
    ]);
  });

  for (const { version, validate } of validators) {
    it(`every object agrees with the official schema of Kubernetes ${version}, without a key that it does not know`, async () => {
      const { objects } = await exportStack(shop);
      expect(objects.map(({ kind }) => kind)).to.include.members(['Deployment', 'Job', 'Service', 'Ingress']);
      for (const object of objects) expect(validate(object), JSON.stringify(object)).to.equal(null);
    });

    it(`the schema of ${version} does see a mistake`, () => {
      expect(validate({ apiVersion: 'v1', kind: 'Service', metadata: { nmae: 'x' } } as never)).not.to.equal(null);
    });
  }

  it('forty hostile values come back as they were, in variables and arguments', async () => {
    const { find } = await exportStack(shop);
    const container = mainOf(find('Deployment', 'api'));
    const env = new Map((container.env ?? []).map(({ name, value }) => [name, value]));
    for (const [index, value] of hostileValues.entries()) expect(expand(env.get(`V${index}`) ?? 'none'), value).to.equal(value);
    expect(container.args?.slice(1).map(expand)).to.deep.equal(args);
    expect(container.command).to.deep.equal(['node']);
  });

  it('S-29: the value of a secret is in no object; it is looked up, and what has to be there is told', async () => {
    const { find, text } = await exportStack(shop);
    expect(text).not.to.include('canary-7f3a');
    expect(text).to.include('#   kubectl create secret generic db-env --from-env-file=FILE   (POSTGRES_PASSWORD)');
    expect(mainOf(find('Deployment', 'db')).env).to.deep.include({
      name: 'POSTGRES_PASSWORD',
      valueFrom: { secretKeyRef: { name: 'db-env', key: 'POSTGRES_PASSWORD' } },
    });
  });

  it('addresses are names of Services; the service itself listens on every address', async () => {
    const { find } = await exportStack(shop);
    const env = new Map((mainOf(find('Deployment', 'api')).env ?? []).map(({ name, value }) => [name, value]));
    expect(env.get('DB')).to.equal('db:5432');
    expect(env.get('SELF')).to.equal('http://127.0.0.1:3000');
    expect(env.get('PORT')).to.equal('3000');
    expect(env.get('PORT_HTTP')).to.equal('3000');
    expect(find('Service', 'api').spec['ports']).to.deep.equal([
      { name: 'http', port: 3000, targetPort: 3000, protocol: 'TCP' },
      { name: 'admin-port', port: 9000, targetPort: 9000, protocol: 'TCP' },
    ]);
  });

  it('probes: started by ready for as long as health_timeout, traffic by health, restarted only when it is asked for', async () => {
    const { find } = await exportStack(shop);
    const httpGet = { path: '/health?a=1', port: 3000, scheme: 'HTTP', httpHeaders: [{ name: 'X-A', value: '$(b)' }] };
    const api = mainOf(find('Deployment', 'api'));
    expect(api['startupProbe']).to.deep.equal({
      httpGet,
      initialDelaySeconds: 2,
      periodSeconds: 1,
      timeoutSeconds: 1,
      failureThreshold: 90,
    });
    expect(api['readinessProbe']).to.deep.equal({
      httpGet,
      periodSeconds: 10,
      timeoutSeconds: 1,
      failureThreshold: 2,
      successThreshold: 2,
    });
    expect(api).not.to.have.property('livenessProbe');
    expect(mainOf(find('Deployment', 'db'))['livenessProbe']).to.deep.equal({
      tcpSocket: { port: 5432 },
      periodSeconds: 5,
      timeoutSeconds: 1,
      failureThreshold: 3,
    });
    // A cluster's first look after the start is up to a whole period late.
    expect(mainOf(find('Deployment', 'db'))['readinessProbe']).to.deep.include({ periodSeconds: 1, failureThreshold: 15 });
    expect(mainOf(find('Deployment', 'web'))['startupProbe']).to.deep.include({
      exec: { command: ['/bin/sh', '-c', 'test -e "/tmp/$$(hostname)"'] },
    });
  });

  it('gates: wait for Services, give up on what is optional, pause; sync waves are the depth', async () => {
    const { find, losses } = await exportStack(shop);
    const gate = (name: string): string =>
      expand(podOf(find(name === 'migrate' ? 'Job' : 'Deployment', name)).initContainers?.[0]?.command[2] ?? 'none');
    expect(gate('migrate')).to.equal('until nc -w 2 db 5432 </dev/null; do sleep 1; done');
    expect(gate('web').split('\n')).to.deep.equal([
      'until nc -w 2 api 3000 </dev/null; do sleep 1; done',
      'end=$(( $(date +%s) + 5 )); until nc -w 2 mail 25 </dev/null; do [ "$(date +%s)" -lt "$end" ] || break; sleep 1; done',
      'sleep 2',
    ]);
    expect(podOf(find('Deployment', 'db'))).not.to.have.property('initContainers');
    const waves = ['db', 'api', 'web'].map(
      (name) => find('Deployment', name).metadata.annotations['argocd.argoproj.io/sync-wave'],
    );
    expect(waves).to.deep.equal(['0', '2', '3']);
    expect(losses.map(({ service, text }) => `${service}: ${text}`)).to.include(
      'api: that migrate has to have completed: only the sync wave says so, which plain kubectl does not look at',
    );
  });

  it('tasks are Jobs with their content in their names; replicas are one Deployment', async () => {
    const { find, objects } = await exportStack(shop);
    const job = find('Job', 'migrate');
    expect(job.metadata.name).to.match(/^migrate-[0-9a-f]{8}$/);
    expect(job.spec).to.deep.include({ backoffLimit: 2 });
    expect(podOf(job)['restartPolicy']).to.equal('Never');
    expect(find('Deployment', 'api').spec['replicas']).to.equal(2);
    expect(objects.filter(({ kind }) => kind === 'Deployment').map(({ metadata }) => metadata.name)).to.deep.equal([
      'db',
      'mail',
      'api',
      'web',
    ]);
    const changed = await exportStack({
      ...shop,
      services: { ...shop.services, migrate: { ...shop.services.migrate, command: 'npm run other' } },
    });
    expect(changed.find('Job', 'migrate').metadata.name).not.to.equal(job.metadata.name);
  });

  it('stop, resources, exposure, and what every pod has', async () => {
    const { find, objects } = await exportStack(shop);
    expect(podOf(find('Deployment', 'db'))).to.deep.include({
      terminationGracePeriodSeconds: 30,
      enableServiceLinks: false,
      automountServiceAccountToken: false,
    });
    expect(mainOf(find('Deployment', 'db'))['lifecycle']).to.deep.equal({ preStop: { exec: { command: ['pg_ctl', 'stop'] } } });
    expect(mainOf(find('Deployment', 'api'))['resources']).to.deep.equal({
      requests: { cpu: '250m', memory: '256Mi' },
      limits: { memory: '1Gi' },
    });
    expect(find('Service', 'web').spec['type']).to.equal('LoadBalancer');
    expect(find('Ingress', 'api').spec['rules']).to.have.nested.property('[0].host', 'shop.example.com');
    for (const { metadata } of objects) expect(metadata.labels['app.kubernetes.io/part-of']).to.equal('Shop-Co');
  });

  it('says what keeps the stack from a cluster: no image, readiness by a log, a free port, one that never restarts, names that meet', async () => {
    const { problems } = await exportStack({
      services: {
        a: { command: 'a' },
        b: { image: 'x', command: 'b', ready: { log: 'up' } },
        c: { image: 'x', command: 'c', port: 'auto' },
        d: { image: 'x', command: 'd', restart: 'no' },
        'e.f': { image: 'x', command: 'e' },
        E_f: { image: 'x', command: 'f' },
        g: { build: '.', command: 'g' },
      },
    });
    expect((problems ?? []).map(({ service, text }) => `${service}: ${text}`)).to.deep.equal([
      'E_f: on a cluster it is called "e-f", and so is "e.f": rename one',
      'a: it has no "image": nobody can guess what its command runs in',
      'b: "ready" by log: a cluster asks by http, tcp or exec; write one of these',
      'c: "port: auto" has no number on a cluster: write one',
      'd: "restart: no": a Deployment always restarts; make it a task',
      'g: it has "build" and no "image" that says where what is built goes: write REGISTRY/NAME (for --on kubernetes, --registry does as well)',
    ]);
  });

  it('a service that has an image needs no command, and no program of this machine', async () => {
    const project = createProject({
      'services.yaml': 'services: {db: {image: "postgres:16", port: 5432}, web: {image: "web:1", command: not-installed-here}}',
    });
    const { code, stdout, stderr } = await runMuster(['export', 'kubernetes'], { cwd: project.folder });
    expect(code, stderr).to.equal(0);
    expect(stdout).to.include('- "not-installed-here"');
    expect(stdout.match(/^ +command:$/gm)).to.have.lengthOf(1);
  });

  it('named services come with what they need, and know the others by their addresses on the cluster', async () => {
    const project = createProject({
      'services.yaml': `services:
  db: {image: "db:1", port: 5432}
  mail: {image: "mail:1", port: 25}
  web: {image: "web:1", port: 80, depends_on: [db], replicas: 2, env: {MAIL: "\${mail.host}:\${mail.port}"}}
`,
    });
    const { code, stdout, stderr } = await runMuster(['export', 'kubernetes', 'web'], { cwd: project.folder });
    expect(code, stderr).to.equal(0);
    expect(stdout.match(/kind: "Deployment"/g)).to.have.lengthOf(2);
    expect(stdout).to.include('value: "mail:25"').and.include('replicas: 2').and.not.to.include('mail:1');
    const unknown = await runMuster(['export', 'kubernetes', 'nobody'], { cwd: project.folder });
    expect([unknown.code, unknown.stderr]).to.deep.equal([
      2,
      'muster export: there is no service "nobody" in the active profiles\n',
    ]);
  });

  it('every name is one that DNS takes, however long or odd it is', async () => {
    const odd = ['9lives', 'UPPER.case', 'a'.repeat(100), 'x_-.', '0'];
    const { objects } = await exportStack({
      services: Object.fromEntries(odd.map((name) => [name, { type: 'task', image: 'x', command: 'a' }])),
    });
    expect(objects).to.have.lengthOf(odd.length);
    for (const { metadata } of objects) expect(metadata.name).to.match(/^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/);
  });
});
