import { expect } from 'chai';
import { parse } from 'yaml';
import { importFiles, toLines } from './rig.ts';

type Services = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

const servicesOf = (text: string | null): Services => (parse(text ?? '') as { services: Services }).services;

/** The services that come of a Compose file, which `check` finds nothing wrong with. */
const imported = async (compose: string, more: Readonly<Record<string, string>> = {}): Promise<Services> => {
  const { text, diagnostics } = await importFiles({ 'compose.yaml': compose, ...more });
  expect(diagnostics.filter(({ severity }) => severity === 'error')).to.deep.equal([]);
  return servicesOf(text);
};

/** What Compose takes where a health check says nothing; muster would take another. */
const pace = { interval: '30s', timeout: '30s', retries: 3 };

describe('what muster import makes of a Compose file', () => {
  it('command: text that a shell is not asked to read stays without one', async () => {
    const services = await imported(`
services:
  a: {image: x, command: node server.js --port 3000}
  b: {image: x, command: [node, -e, "a b"]}
  c: {image: x, command: sh -c "echo hi && sleep 1"}
  d: {image: x, command: echo $$HOME && true}
  e: {image: x, entrypoint: [tini, --], command: node a.js}
  f: {image: x, entrypoint: /run.sh one}
`);
    expect(services['a']?.['command']).to.equal('node server.js --port 3000');
    expect(services['b']?.['command']).to.deep.equal(['node', '-e', 'a b']);
    expect(services['c']?.['command']).to.equal('echo hi && sleep 1');
    expect(services['d']?.['command']).to.deep.equal(['echo', '$HOME', '&&', 'true']);
    expect(services['e']?.['command']).to.equal('tini -- node a.js');
    expect(services['f']?.['command']).to.equal('/run.sh one');
  });

  it('command: a variable outside of quotes is as many words as its value has, as Compose fills in first and splits then', async () => {
    const { text, notes, stack, diagnostics } = await importFiles({
      'compose.yaml': `services:
  a: {image: x, command: "\${CMD:-node x.js}"}
  b: {image: x, command: "node 'a b' \${ARGS:---one --two} && true"}
  c: {image: x, command: "node --x=\${X:-1} \\"\${ONE:-a b}\\" \${NONE}"}
  d: {image: x, entrypoint: [run, "\${ONE:-a b}", $$HOME], command: "\${ARGS:-c d}"}
  e: {image: x, command: "node --x=\${X:-1} \${NONE}"}
  f: {image: x, command: "node \\"\${ONE:-a b}\\""}
`,
    });
    expect(diagnostics.filter(({ severity }) => severity === 'error')).to.deep.equal([]);
    const commands = Object.entries(servicesOf(text)).map(([name, { command }]) => [name, command]);
    expect(Object.fromEntries(commands)).to.deep.equal({
      a: '${CMD:-node x.js}',
      b: "node 'a b' ${ARGS:---one --two} '&&' true",
      c: 'node --x=${X:-1} "${ONE:-a b}" ${NONE:-}',
      d: `run "\${ONE:-a b}" '$HOME' \${ARGS:-c d}`,
      e: 'node --x=${X:-1} ${NONE:-}',
      f: ['node', '${ONE:-a b}'],
    });
    const runOf = (name: string) => {
      const command = stack?.services.get(name)?.command;
      return command?.kind === 'direct' ? [command.program, ...command.args] : null;
    };
    expect(['a', 'b', 'c', 'd', 'e', 'f'].map(runOf)).to.deep.equal([
      ['node', 'x.js'],
      ['node', 'a b', '--one', '--two', '&&', 'true'],
      ['node', '--x=1', 'a b'],
      ['run', 'a b', '$HOME', 'c', 'd'],
      ['node', '--x=1'],
      ['node', 'a b'],
    ]);
    expect(toLines(notes)).to.deep.equal([
      '2: services.a.command',
      '3: services.b.command',
      '4: services.c.command',
      '5: services.d.command',
    ]);
  });

  it('an image without a command waits for somebody to decide, and has the line for Docker beside it', async () => {
    const { text, notes, diagnostics } = await importFiles({
      'compose.yaml': 'services: {db: {image: "postgres:16", ports: ["5433:5432"], environment: {POSTGRES_PASSWORD: x}}}',
    });
    expect(text).to.include('# DECIDE: only the image postgres:16 knows what it runs.');
    expect(text).to.include('# command: docker run --rm --init -p 127.0.0.1:${db.port}:5432 -e POSTGRES_PASSWORD postgres:16');
    expect(toLines(notes)).to.deep.equal(['1: services.db']);
    expect(diagnostics.map(({ code }) => code)).to.deep.equal(['cluster-only']);
  });

  it('depends_on: every condition, and what it makes of the other service', async () => {
    const services = await imported(`
services:
  migrate: {image: x, command: "true"}
  db: {image: x, command: a, healthcheck: {test: [CMD, "true"]}}
  cache: {image: x, command: a}
  web:
    image: x
    command: a
    depends_on:
      migrate: {condition: service_completed_successfully}
      db: {condition: service_healthy, restart: true}
      cache: {condition: service_started, required: false}
  short: {image: x, command: a, depends_on: [db, cache]}
`);
    expect(services['migrate']?.['type']).to.equal('task');
    expect(services['web']?.['depends_on']).to.deep.equal({
      migrate: { condition: 'completed' },
      db: { condition: 'healthy', restart: true },
      cache: { condition: 'started', required: false },
    });
    expect(services['short']?.['depends_on']).to.deep.equal({ db: { condition: 'started' }, cache: { condition: 'started' } });
  });

  it('depends_on: healthy by a check that only the image knows becomes started, and is told', async () => {
    const { text, notes } = await importFiles({
      'compose.yaml':
        'services:\n  db: {image: x, command: a}\n  web: {image: x, command: a, depends_on: {db: {condition: service_healthy}}}\n',
    });
    expect(servicesOf(text)['web']?.['depends_on']).to.deep.equal({ db: { condition: 'started' } });
    expect(toLines(notes)).to.deep.equal(['3: services.web.depends_on.db']);
  });

  it('healthcheck: CMD, CMD-SHELL, a line, NONE and disable, with their pace', async () => {
    const services = await imported(`
services:
  a: {image: x, command: a, healthcheck: {test: [CMD, curl, -f, "http://localhost"], interval: 1m30s, timeout: 10s, retries: 3, start_period: 40s}}
  b: {image: x, command: a, healthcheck: {test: [CMD-SHELL, "pg_isready || exit 1"], interval: 500ms}}
  c: {image: x, command: a, healthcheck: {test: curl -f http://localhost}}
  d: {image: x, command: a, ports: ["1"], healthcheck: {test: [NONE]}}
  e: {image: x, command: a, healthcheck: {disable: true}}
`);
    expect(services['a']?.['healthcheck']).to.deep.equal({
      test: ['CMD', 'curl', '-f', 'http://localhost'],
      interval: '1m30s',
      timeout: '10s',
      retries: 3,
      start_period: '40s',
    });
    expect(services['b']?.['healthcheck']).to.deep.equal({
      test: ['CMD-SHELL', 'pg_isready || exit 1'],
      interval: '500ms',
      timeout: '30s',
      retries: 3,
    });
    expect(services['c']?.['healthcheck']).to.deep.equal({ test: 'curl -f http://localhost', ...pace });
    for (const name of ['d', 'e']) expect(services[name]?.['healthcheck'], name).to.deep.equal({ disable: true });
  });

  it('healthcheck: asks on the port that the service has here', async () => {
    const services = await imported(
      'services: {web: {image: x, command: a, ports: ["8080:80"], healthcheck: {test: curl -f http://localhost:80/}}}',
    );
    expect(services['web']?.['healthcheck']).to.deep.equal({ test: 'curl -f http://localhost:${web.port}/', ...pace });
  });

  it('environment: list and map, numbers as they are written, and variables', async () => {
    const services = await imported(
      `
services:
  a: {image: x, command: a, environment: [A=1, "B=x=y", C, "D="]}
  b: {image: x, command: a, environment: {V: 1.10, T: true, N: null, S: "$X and \${Y:-z} and \${Z:?say} and $$5"}, profiles: [never]}
`.replace('${Z:?say}', '${Z:-}'),
    );
    expect(services['a']?.['env']).to.deep.equal({ A: '1', B: 'x=y', D: '' });
    expect(services['b']?.['env']).to.deep.equal({
      V: '1.10',
      T: 'true',
      S: '${X:-} and ${Y:-z} and ${Z:-} and $5',
    });
  });

  it('environment: a variable without a value is that of whoever starts muster, unless .env has it or muster keeps its own', async () => {
    const { text, notes, diagnostics } = await importFiles({
      'compose.yaml':
        'services:\n  a: {image: x, command: a, environment: {AWS_PROFILE: , HELD: , API_TOKEN: , NODE_OPTIONS: }}\n  b: {image: x, command: a, environment: [AWS_PROFILE]}\n',
      '.env': 'HELD=1\nAPI_TOKEN=x\n',
    });
    expect(diagnostics.map(({ code }) => code)).to.deep.equal(['variable-unset']);
    expect(servicesOf(text)['a']?.['env']).to.deep.equal({
      HELD: '${HELD:-1}',
      API_TOKEN: '${API_TOKEN:?it has its value in .env}',
      NODE_OPTIONS: '${NODE_OPTIONS:-}',
    });
    expect(servicesOf(text)['b']).not.to.have.property('env');
    expect(toLines(notes)).to.include.members(['2: services.a.environment.AWS_PROFILE', '3: services.b.environment.AWS_PROFILE']);
  });

  it('environment: what .env says becomes the default, and a secret stays there', async () => {
    const { text, notes } = await importFiles({
      'compose.yaml':
        'services:\n  a: {image: x, command: a, environment: {L: $LEVEL, P: "${DB_PASSWORD}"}, ports: ["${WEB_PORT}:80"]}\n',
      '.env': 'LEVEL=debug\nDB_PASSWORD=canary-51\nWEB_PORT=8088\n',
    });
    expect(servicesOf(text)['a']?.['env']).to.deep.equal({ L: '${LEVEL:-debug}', P: '${DB_PASSWORD:?it has its value in .env}' });
    expect(servicesOf(text)['a']?.['port']).to.equal('${WEB_PORT:-8088}');
    expect(JSON.stringify({ text, notes })).not.to.include('canary-51');
  });

  it('environment: the names of other services become their addresses on this machine', async () => {
    const services = await imported(`
services:
  db: {image: x, command: a, ports: ["5433:5432"]}
  web: {image: x, command: a, expose: [80]}
  api:
    image: x
    command: [run, --db=db:5432]
    environment:
      URL: postgres://db:secret@db:5432/db
      DB_HOST: db
      DB_NAME: db
      WEB: http://web/path
      OTHER: mydb:5432
`);
    expect(services['api']?.['env']).to.deep.equal({
      URL: 'postgres://db:secret@${db.host}:${db.port}/db',
      DB_HOST: '${db.host}',
      DB_NAME: 'db',
      WEB: '${web.url}/path',
      OTHER: 'mydb:5432',
    });
    expect(services['api']?.['command']).to.equal('run --db=${db.host}:${db.port}');
  });

  it('env_file: text, list and map; one that is not there and need not be is told', async () => {
    const { text, losses } = await importFiles({
      'compose.yaml': `
services:
  a: {image: x, command: a, env_file: a.env}
  b: {image: x, command: a, env_file: [a.env, {path: ./b.env}]}
  c: {image: x, command: a, env_file: [{path: c.env, required: false}]}
`,
      'a.env': 'A=1',
      'b.env': 'B=1',
    });
    const services = servicesOf(text);
    expect(services['a']?.['env_file']).to.deep.equal(['a.env']);
    expect(services['b']?.['env_file']).to.deep.equal(['a.env', 'b.env']);
    expect(services['c']?.['env_file']).to.equal(undefined);
    expect(toLines(losses)).to.deep.equal(['5: services.c.env_file.0']);
  });

  it('ports: every spelling', async () => {
    const services = await imported(`
services:
  a: {image: x, command: a, ports: ["3000"]}
  b: {image: x, command: a, ports: [3001]}
  c: {image: x, command: a, ports: ["3100-3102"]}
  d: {image: x, command: a, ports: ["9090-9091:8080-8081"]}
  e: {image: x, command: a, ports: ["127.0.0.1:8001:8001"]}
  f: {image: x, command: a, ports: ["0.0.0.0:8002:80"]}
  g: {image: x, command: a, ports: ["127.0.0.1::8003"]}
  h: {image: x, command: a, ports: ["[::1]:8004:8004/tcp"]}
  i: {image: x, command: a, ports: [{target: 80, published: "8005", host_ip: 127.0.0.1, protocol: tcp, mode: ingress, name: http}]}
  j: {image: x, command: a, ports: ["\${P:-8006}:80"]}
  k: {image: x, command: a, ports: [{target: 8007}, "8008"]}
  l: {image: x, command: a, expose: ["8009"]}
`);
    const ports = Object.fromEntries(
      Object.entries(services).map(([name, { port, ports: several, host }]) => [
        name,
        [port ?? several, ...(host === undefined ? [] : [host])],
      ]),
    );
    expect(ports).to.deep.equal({
      a: [3000],
      b: [3001],
      c: [[3100, 3101, 3102]],
      d: [[9090, 9091]],
      e: [8001],
      f: [8002, '0.0.0.0'],
      g: [8003],
      h: [8004, '::1'],
      i: [{ http: 8005 }],
      j: ['${P:-8006}'],
      k: [[8007, 8008]],
      l: [8009],
    });
  });

  it('ports: one that another service has already is any free one; UDP is told as lost', async () => {
    const { text, losses, diagnostics } = await importFiles({
      'compose.yaml': `services:
  a: {image: x, command: a, ports: ["6379"]}
  b: {image: x, command: a, ports: ["6379"]}
  c: {image: x, command: a, ports: ["53:53/udp", "$NOWHERE"]}
`,
    });
    expect(servicesOf(text)['b']?.['port']).to.equal('auto');
    expect(text).to.include('# 6379 is a port of "a" on this machine; here it has to listen on PORT.');
    expect(toLines(losses)).to.deep.equal(['4: services.c.ports.0', '4: services.c.ports.1']);
    expect(diagnostics).to.deep.equal([]);
  });

  it('PORT in the environment is left to muster where it is the port', async () => {
    const services = await imported(
      'services: {a: {image: x, command: a, ports: ["8080:3000"], environment: {PORT: 3000, A: b}}}',
    );
    expect(services['a']?.['env']).to.deep.equal({ A: 'b' });
  });

  it('profiles, restart, replicas, resources, stop', async () => {
    const services = await imported(`
services:
  a: {image: x, command: a, profiles: [debug], restart: "no", scale: 2}
  b: {image: x, command: a, restart: on-failure:3, stop_grace_period: 1m, stop_signal: INT, mem_limit: 512m, cpus: 0.5}
  c: {image: x, command: a, restart: unless-stopped, deploy: {replicas: 3, resources: {limits: {cpus: "1.5", memory: 50M}, reservations: {memory: 20M}}}}
  d: {image: x, command: a, deploy: {restart_policy: {condition: on-failure, delay: 5s, max_attempts: 3, window: 120s}}}
`);
    expect(services['a']).to.deep.include({ profiles: ['debug'], restart: 'no', replicas: 2 });
    expect(services['b']).to.deep.include({
      restart: { policy: 'on-failure', max: 3 },
      stop: { signal: 'SIGINT', timeout: '1m' },
      resources: { limits: { cpu: 0.5, memory: '512MiB' } },
    });
    expect(services['c']).to.deep.include({
      restart: 'always',
      replicas: 3,
      resources: { memory: '20MiB', limits: { cpu: 1.5, memory: '50MiB' } },
    });
    expect(services['d']?.['restart']).to.deep.equal({ policy: 'on-failure', delay: '5s', max: 3, window: '2m' });
  });

  it('restart: a task is never restarted always, and 0 is no limit; both are told', async () => {
    const { text, losses, notes, diagnostics, stack } = await importFiles({
      'compose.yaml': `services:
  a: {image: x, command: a, deploy: {restart_policy: {condition: any, delay: 5s}}}
  b: {image: x, command: a, deploy: {restart_policy: {delay: 5s}}}
  c: {image: x, command: a, restart: "on-failure:0"}
  d: {image: x, command: a, deploy: {restart_policy: {condition: on-failure, max_attempts: 0}}}
  e: {image: x, command: a, deploy: {restart_policy: {condition: any}}}
  web:
    image: x
    command: a
    depends_on: {a: {condition: service_completed_successfully}, b: {condition: service_completed_successfully}}
`,
    });
    expect(diagnostics).to.deep.equal([]);
    const services = servicesOf(text);
    for (const name of ['a', 'b']) expect(services[name]?.['restart']).to.deep.equal({ policy: 'on-failure', delay: '5s' });
    expect(toLines(losses)).to.deep.equal(['2: services.a.deploy.restart_policy.condition']);
    expect(toLines(notes)).to.deep.equal([
      '3: services.b.deploy.restart_policy',
      '4: services.c.restart',
      '5: services.d.deploy.restart_policy.max_attempts',
    ]);
    for (const name of ['c', 'd']) expect(stack?.services.get(name)?.restart.max).to.be.greaterThan(100_000);
    expect(services['e']?.['restart']).to.deep.equal({ policy: 'always' });
  });

  it('numbers that have to be whole and are not are told', async () => {
    const { text, losses, diagnostics } = await importFiles({
      'compose.yaml': `services:
  a: {image: x, command: a, deploy: {replicas: 2.5, restart_policy: {condition: on-failure, max_attempts: 1.5}}}
  b: {image: x, command: a, scale: -1, healthcheck: {test: [CMD, x], retries: 2.5}}
  c: {image: x, command: a, scale: 2000, healthcheck: {test: [CMD, x], retries: 0}}
`,
    });
    expect(diagnostics).to.deep.equal([]);
    for (const service of Object.values(servicesOf(text))) expect(service).not.to.have.property('replicas');
    expect(servicesOf(text)['b']?.['healthcheck']).to.deep.equal({ test: ['CMD', 'x'], ...pace });
    expect(losses.map(({ line, key, text: why }) => `${line}: ${key}: ${why}`)).to.deep.equal([
      '2: services.a.deploy.replicas: it should be a whole number, 0 to 1000',
      '2: services.a.deploy.restart_policy.max_attempts: it should be a whole number, 0 or more',
      '3: services.b.scale: it should be a whole number, 0 to 1000',
      '3: services.b.healthcheck.retries: it should be a whole number, 1 or more',
      '4: services.c.scale: it should be a whole number, 0 to 1000',
      '4: services.c.healthcheck.retries: it should be a whole number, 1 or more',
    ]);
  });

  it('build and working_dir: the folder that is mounted there, else the one that is built', async () => {
    const services = await imported(`
services:
  a: {build: ./api, command: npm start}
  b: {build: {context: ./api, dockerfile: dev.Dockerfile}, command: npm start, working_dir: /app/web, volumes: ["./src:/app"]}
  c: {build: ., command: npm start}
`);
    expect(services['a']).to.deep.include({ build: 'api', cwd: 'api' });
    expect(services['b']).to.deep.include({ build: { context: 'api', dockerfile: 'dev.Dockerfile' }, cwd: 'src/web' });
    expect(services['c']).to.deep.include({ build: '.' }).and.not.to.have.property('cwd');
  });

  it('working_dir: of the volumes one says which folder it is, the deepest; the others are told, and how it is mounted', async () => {
    const { text, losses } = await importFiles({
      'compose.yaml': `services:
  a:
    image: x
    command: a
    working_dir: /app/web
    volumes:
      - .:/app
      - ./other:/app/web:ro
      - data:/data
  b: {image: x, command: a, working_dir: /srv, volumes: ["data:/srv", "./x:/y"]}
  c:
    image: x
    command: a
    working_dir: /app
    volumes:
      - {type: bind, source: ./c, target: /app, read_only: true}
`,
    });
    const services = servicesOf(text);
    expect([services['a']?.['cwd'], services['b']?.['cwd'], services['c']?.['cwd']]).to.deep.equal(['other', undefined, 'c']);
    expect(toLines(losses)).to.deep.equal([
      '7: services.a.volumes.0',
      '8: services.a.volumes.1',
      '9: services.a.volumes.2',
      '10: services.b.working_dir',
      '10: services.b.volumes',
      '16: services.c.volumes.0.read_only',
    ]);
  });

  it('ports: a second host, and a port that is there already, are told', async () => {
    const { text, losses } = await importFiles({
      'compose.yaml': `services:
  a:
    image: x
    command: a
    ports:
      - "127.0.0.1:8000:8000"
      - "0.0.0.0:9000:9000"
      - "[::1]:8000:8000"
      - "9001"
`,
    });
    expect(servicesOf(text)['a'])
      .to.deep.include({ ports: [8000, 9000, 9001] })
      .and.not.to.have.property('host');
    expect(losses.map(({ line, text: why }) => `${line}: ${why}`)).to.deep.equal([
      '7: that it is on 0.0.0.0: a service has one host here, and it is 127.0.0.1',
      '8: 8000 is a port of this service already',
    ]);
  });

  it('merge keys and x- maps: what an alias takes from them is there', async () => {
    const services = await imported(`
x-base: &base
  image: x
  environment: &env {LOG: debug, A: "1"}
services:
  a: {<<: *base, command: a}
  b:
    <<: *base
    command: b
    environment: {<<: *env, A: "2"}
`);
    expect(services['a']?.['env']).to.deep.equal({ LOG: 'debug', A: '1' });
    expect(services['b']?.['env']).to.deep.equal({ A: '2', LOG: 'debug' });
  });

  it('several files: overlaid in their order, with !reset and !override', async () => {
    const { text, diagnostics } = await importFiles(
      {
        'compose.yaml':
          'services: {a: {image: x, command: [one], environment: [A=1, B=1], ports: ["8000:80"], restart: always, depends_on: [b]}, b: {image: x, command: b}}',
        'compose.prod.yaml':
          'services: {a: {command: [two], environment: {B: 2}, ports: !override ["8001:80"], restart: !reset null, depends_on: {b: {condition: service_started, required: false}}}, c: {image: x, command: c}}',
      },
      { named: ['compose.yaml', 'compose.prod.yaml'] },
    );
    expect(diagnostics).to.deep.equal([]);
    const { a, ...others } = servicesOf(text);
    expect(Object.keys(others)).to.deep.equal(['b', 'c']);
    expect(a).to.deep.include({
      command: 'two',
      env: { A: '1', B: '2' },
      port: 8001,
      depends_on: { b: { condition: 'started', required: false } },
    });
    expect(a).not.to.have.property('restart');
  });

  it('extends: of this file and of another, whose paths are its own', async () => {
    const services = await imported(
      `
services:
  base: {image: x, command: base, environment: {A: "1"}}
  a: {extends: base, command: a}
  b: {extends: {file: common/web.yaml, service: web}, environment: {B: "2"}}
`,
      {
        'common/web.yaml':
          'services: {deep: {image: y, env_file: web.env, environment: {C: "3"}}, web: {extends: {service: deep}, command: web}}',
        'common/web.env': 'X=1',
      },
    );
    expect(services['a']).to.deep.include({ command: 'a', env: { A: '1' } });
    expect(services['b']).to.deep.include({ command: 'web', image: 'y', env: { C: '3', B: '2' }, env_file: ['common/web.env'] });
  });

  it('extends in a circle, and of what is not there, are told, and the rest is imported', async () => {
    const { losses, text } = await importFiles({
      'compose.yaml': `services:
  a: {extends: b, image: x, command: a}
  b: {extends: a, image: x, command: b}
  c: {extends: {file: nowhere.yaml, service: x}, image: x, command: c}
  d: {extends: nobody, image: x, command: d}
`,
    });
    expect(toLines(losses)).to.include.members(['4: services.c.extends.file', '5: services.d.extends']);
    expect(losses.some(({ text: why }) => why.includes('circle'))).to.equal(true);
    expect(Object.keys(servicesOf(text))).to.deep.equal(['a', 'b', 'c', 'd']);
  });

  it('include: services of other files, and a circle is told', async () => {
    const { losses, text } = await importFiles({
      'compose.yaml':
        'include: [infra.yaml, {path: [more/compose.yaml]}]\nservices: {web: {image: x, command: a, depends_on: [db, cache]}}\n',
      'infra.yaml': 'include: [compose.yaml]\nservices: {db: {image: x, command: db}}\n',
      'more/compose.yaml': 'services: {cache: {image: x, command: c, env_file: [c.env]}}\n',
      'more/c.env': '',
    });
    expect(Object.keys(servicesOf(text))).to.deep.equal(['web', 'db', 'cache']);
    expect(servicesOf(text)['cache']?.['env_file']).to.deep.equal(['more/c.env']);
    expect(losses.map(({ file, text: why }) => [file, why])).to.deep.equal([
      ['infra.yaml', 'the files include each other in a circle'],
    ]);
  });

  it('the first form of the file, and links', async () => {
    const services = await imported('web: {image: x, command: a, links: [redis]}\nredis: {image: y, command: r}\n');
    expect(services['web']?.['depends_on']).to.deep.equal({ redis: { condition: 'started' } });
  });

  it('names that muster does not take are others here, also where they are depended on', async () => {
    const { text, diagnostics, notes } = await importFiles({
      'compose.yaml':
        'services: {_db: {image: x, command: a}, all: {image: x, command: a, depends_on: [_db]}, db: {image: x, command: a}}',
    });
    expect(diagnostics).to.deep.equal([]);
    expect(Object.keys(servicesOf(text))).to.deep.equal(['db-2', 'service-all', 'db']);
    expect(servicesOf(text)['service-all']?.['depends_on']).to.deep.equal({ 'db-2': { condition: 'started' } });
    expect(toLines(notes)).to.deep.equal(['1: services._db', '1: services.all']);
  });

  it('refuses what is no Compose file, with the line', async () => {
    const { refused } = await importFiles({ 'compose.yaml': 'a: [\n' });
    expect(refused[0]).to.include({ file: 'compose.yaml', severity: 'error' });
    expect((await importFiles({ 'compose.yaml': 'hello: world' })).refused[0]?.message).to.include('has no "services"');
    expect((await importFiles({ 'compose.yaml': '- a' })).refused[0]?.message).to.include('holds no map');
  });
});
