import { expect } from 'chai';
import { importCompose, importFiles, servicesOf, toLines } from './rig.ts';

/** What Compose takes where a health check says nothing; muster would take another. */
const pace = { interval: '30s', timeout: '30s', retries: 3 };

describe('what muster import makes of the services of a Compose file', () => {
  it('command: text that a shell is not asked to read stays without one', async () => {
    const services = await importCompose(`
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

  it('an image without a command keeps its volumes and its folder in the line for Docker, and nobody says that it sees the files', async () => {
    const { text, losses, notes } = await importFiles({
      'compose.yaml': `services:
  db:
    image: postgres:16
    working_dir: /srv
    tmpfs: /run
    volumes:
      - dbdata:/var/lib/postgresql/data
      - ./init:/docker-entrypoint-initdb.d:ro
      - ~/dumps:/dumps
      - /anonymous
      - {type: bind, source: ../conf, target: /conf, read_only: true}
      - {type: volume, source: more, target: /more}
      - {type: tmpfs, target: /tmp}
      - {type: npipe, source: a, target: /b}
volumes: {dbdata: {driver: local}}
`,
    });
    expect(text).to.include(
      `# command: docker run --rm --init -w /srv -v dbdata:/var/lib/postgresql/data -v ./init:/docker-entrypoint-initdb.d:ro ${[
        '-v ${HOME}/dumps:/dumps',
        '-v /anonymous',
        '-v ../conf:/conf:ro',
        '-v more:/more',
        '--tmpfs /tmp',
        '--tmpfs /run',
      ].join(' ')} postgres:16`,
    );
    expect(text).not.to.include('cwd');
    expect(toLines(losses)).to.deep.equal(['14: services.db.volumes.7', '15: volumes']);
    expect(toLines(notes)).to.deep.equal([
      '3: services.db',
      ...[0, 1, 2, 3, 4, 5].map((at) => `${7 + at}: services.db.volumes.${at}`),
    ]);
    expect(JSON.stringify([losses, notes])).not.to.include('programs see the files');
  });

  it('depends_on: every condition, and what it makes of the other service', async () => {
    const services = await importCompose(`
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
    const services = await importCompose(`
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
    const services = await importCompose(
      'services: {web: {image: x, command: a, ports: ["8080:80"], healthcheck: {test: curl -f http://localhost:80/}}}',
    );
    expect(services['web']?.['healthcheck']).to.deep.equal({ test: 'curl -f http://localhost:${web.port}/', ...pace });
  });

  it('profiles, restart, replicas, resources, stop', async () => {
    const services = await importCompose(`
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
    const services = await importCompose(`
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
});
