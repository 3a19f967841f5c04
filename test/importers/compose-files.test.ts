import { expect } from 'chai';
import { importCompose, importFiles, servicesOf, toLines } from './rig.ts';

describe('what muster import reads as one Compose file', () => {
  it('merge keys and x- maps: what an alias takes from them is there', async () => {
    const services = await importCompose(`
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
    const services = await importCompose(
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
    const services = await importCompose('web: {image: x, command: a, links: [redis]}\nredis: {image: y, command: r}\n');
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
