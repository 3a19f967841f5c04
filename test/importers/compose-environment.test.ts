import { expect } from 'chai';
import { importCompose, importFiles, servicesOf, toLines } from './rig.ts';

describe('what muster import makes of the variables and ports of a Compose file', () => {
  it('environment: list and map, numbers as they are written, and variables', async () => {
    const services = await importCompose(
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
    const services = await importCompose(`
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
    const services = await importCompose(`
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
    const services = await importCompose(
      'services: {a: {image: x, command: a, ports: ["8080:3000"], environment: {PORT: 3000, A: b}}}',
    );
    expect(services['a']?.['env']).to.deep.equal({ A: 'b' });
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
});
