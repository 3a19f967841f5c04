import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { cleanUpProjects, createProject, runMuster } from '../support/cli.ts';

const stack = JSON.stringify({
  name: 'shop',
  services: {
    db: { command: 'sleep 100', port: 5432, env: { DB_PASSWORD: 'canary-91b2' } },
    web: { command: 'sleep 100', depends_on: { db: { condition: 'healthy', wait_up_to: '3s' } } },
  },
});

describe('muster export', () => {
  afterEach(cleanUpProjects);

  it('writes to stdout, and tells on stderr what was not carried over', async () => {
    const { folder } = createProject({ 'services.yaml': stack });
    const { code, stdout, stderr } = await runMuster(['export', 'compose'], { cwd: folder });
    expect(code).to.equal(0);
    expect(stdout).to.include('condition: "service_healthy"').and.include('DB_PASSWORD: "${DB_PASSWORD}"');
    expect(stderr).to.include('not carried over: web: "wait_up_to" of its dependency on db');
    expect(stdout + stderr).not.to.include('canary-91b2');
  });

  it('writes several files into a folder, those with secrets for the user alone, and none over another without --force', async () => {
    const { folder, path } = createProject({ 'services.yaml': stack });
    const first = await runMuster(['export', 'systemd', '--out', 'units'], { cwd: folder });
    expect(first.code, first.stderr).to.equal(0);
    expect(statSync(path('units', 'shop-db.service.env')).mode & 0o777).to.equal(0o600);
    expect(readFileSync(path('units', 'shop-web.service'), 'utf8')).to.include('Requires=shop-db.service\nAfter=shop-db.service');
    const second = await runMuster(['export', 'systemd', '--out', 'units'], { cwd: folder });
    expect(second.code).to.equal(2);
    expect(second.stderr).to.include('is there already; --force replaces it');
    expect((await runMuster(['export', 'systemd', '--out', 'units', '--force'], { cwd: folder })).code).to.equal(0);
  });

  it('systemd --unit is one unit that runs muster itself on this file', async () => {
    const { folder } = createProject({ 'services.yaml': stack });
    const { code, stdout } = await runMuster(['export', 'systemd', '--unit'], { cwd: folder });
    expect(code).to.equal(0);
    expect(stdout).to.match(new RegExp(`^ExecStart=.* up --file ${folder}/services.yaml$`, 'm'));
    expect(stdout).to.match(/^KillMode=mixed$/m);
  });

  it('systemd --unit boots the services and profiles that were asked for, and says which secrets of the caller it has not', async () => {
    const services = { web: { command: ['sleep', '${MY_TOKEN}'], profiles: ['front'] }, db: { command: 'sleep 100' } };
    const { folder } = createProject({ 'services.yaml': JSON.stringify({ services }) });
    const asked = ['export', 'systemd', '--unit', '--profile', 'front', 'web'];
    const { stdout, stderr } = await runMuster(asked, { cwd: folder, env: { MY_TOKEN: 'canary' } });
    expect(stdout, stderr).to.match(/^ExecStart=.* up --file \S+\/services\.yaml --profile front web$/m);
    expect(stderr).to.include('not carried over: your MY_TOKEN, which the file asks for: set it in an EnvironmentFile=');
  });

  it('kubernetes: a secret of the caller in a command is looked up there, and what keeps the stack from a cluster ends it with 2', async () => {
    const { folder, write } = createProject({
      'services.yaml': JSON.stringify({
        services: { web: { image: 'web:1', command: ['run', '--token', '${API_TOKEN}'], port: 80 } },
      }),
    });
    const env = { API_TOKEN: 'canary-c0de' };
    const { code, stdout, stderr } = await runMuster(['export', 'kubernetes'], { cwd: folder, env });
    expect(code, stderr).to.equal(0);
    expect(stdout + stderr).not.to.include('canary-c0de');
    expect(stdout).to.include('- "$(API_TOKEN)"').and.include('name: "web-env"\n                  key: "API_TOKEN"');
    expect(stdout).to.include('#   kubectl create secret generic web-env --from-env-file=FILE   (API_TOKEN)');
    write('services.yaml', JSON.stringify({ services: { web: { command: 'run', health: { exec: 'ask ${API_TOKEN}' } } } }));
    const refused = await runMuster(['export', 'kubernetes'], { cwd: folder, env });
    expect(refused.code).to.equal(2);
    expect(refused.stdout).to.equal('');
    expect(refused.stderr).to.include('muster export: web: it has no "image": nobody can guess what its command runs in');
    expect(refused.stderr).to.include('muster export: web: its check holds API_TOKEN, and a cluster fills in nothing there');
  });

  it('names the formats that there are, and writes nothing, when asked for another', async () => {
    const { folder, path } = createProject({ 'services.yaml': stack });
    const { code, stderr } = await runMuster(['export', 'helm', '--out', 'x'], { cwd: folder });
    expect(code).to.equal(2);
    expect(stderr).to.include('there is no format "helm"; choose one of compose, kubernetes, systemd');
    expect(existsSync(path('x'))).to.equal(false);
  });

  it("S-29: the caller's secrets in a command and in a probe become references, which mean the same there", async () => {
    const services = {
      web: {
        command: ['printf', '%s', "it's ${API_TOKEN}!"],
        health_url: 'http://127.0.0.1:8080/?key=${API_TOKEN}',
        port: 8080,
      },
    };
    const { folder, path } = createProject({ 'services.yaml': JSON.stringify({ name: 'shop', services }) });
    const env = { API_TOKEN: 'canary-91b2' };
    for (const format of ['compose', 'systemd', 'procfile', 'json']) {
      const { stdout, stderr } = await runMuster(['export', format], { cwd: folder, env });
      expect(stdout + stderr, format)
        .to.include('API_TOKEN')
        .and.not.to.match(/canary-91b2|muster-secret/);
    }
    await runMuster(['export', 'systemd', '--out', 'units'], { cwd: folder, env });
    expect(readFileSync(path('units', 'shop-web.service'), 'utf8'))
      .to.include('"it\'s ${API_TOKEN}!"')
      .and.include('?key=${API_TOKEN}');
    expect(readFileSync(path('units', 'shop-web.service.env'), 'utf8')).to.include('API_TOKEN=\n');
    await runMuster(['export', 'procfile', '--out', 'foreman/'], { cwd: folder, env });
    expect(readFileSync(path('foreman', '.env.example'), 'utf8')).to.include('API_TOKEN=\n');
    const [line = ''] = readFileSync(path('foreman', 'Procfile'), 'utf8').split('\n');
    const shell = spawnSync('/bin/sh', ['-c', line.replace(/^web: /, '')], {
      env: { ...process.env, API_TOKEN: 'a "b" $c' },
      encoding: 'utf8',
    });
    expect(shell.stdout).to.equal('it\'s a "b" $c!');
  });

  it('compose and kubernetes run images, so no program, folder or env file of this machine has to be there', async () => {
    const services = {
      db: { image: 'postgres:16', port: 5432 },
      web: { image: 'web:1', command: 'not-here --on 80', cwd: 'not-here', env_file: 'not.here', port: 80 },
    };
    const { folder } = createProject({ 'services.yaml': JSON.stringify({ services }) });
    const { code, stdout, stderr } = await runMuster(['export', 'compose'], { cwd: folder });
    expect(code, stderr).to.equal(0);
    expect(stdout).to.include('- "not-here"').and.not.to.include('- ""');
    expect(stderr).to.include('env file "not.here" does not exist');
    expect((await runMuster(['export', 'kubernetes'], { cwd: folder })).code).to.equal(0);
    expect((await runMuster(['export', 'systemd'], { cwd: folder })).code).to.equal(2);
  });

  it('--out FILE is that file, with its list of variables beside it; a folder has both', async () => {
    const { folder, path } = createProject({ 'services.yaml': stack });
    const first = await runMuster(['export', 'compose', '--out', 'x.yaml'], { cwd: folder });
    expect(first.code, first.stderr).to.equal(0);
    expect(readFileSync(path('x.yaml'), 'utf8')).to.include('DB_PASSWORD: "${DB_PASSWORD}"');
    expect(readFileSync(path('.env.example'), 'utf8')).to.include('DB_PASSWORD=');
    await runMuster(['export', 'compose', '--out', 'both/'], { cwd: folder });
    expect(readdirSync(path('both')).sort()).to.deep.equal(['.env.example', 'compose.yaml']);
  });

  it('S-29: an address that comes wholly from a secret is a reference in every format', async () => {
    const services = {
      web: { image: 'web:1', command: 'sleep 100', port: 8080, health_url: '${HEALTH_SECRET}', env: { API: '${API_TOKEN}/v1' } },
    };
    const content = { name: 'shop', notify: ['${HOOK_TOKEN}'], services };
    const { folder } = createProject({ 'services.yaml': JSON.stringify(content) });
    const env = {
      HEALTH_SECRET: 'http://127.0.0.1:8080/canary-91b2',
      HOOK_TOKEN: 'https://hooks.example.com/canary-91b2',
      API_TOKEN: 'https://canary-91b2.example.com',
    };
    for (const format of ['compose', 'systemd', 'procfile', 'json']) {
      const { code, stdout, stderr } = await runMuster(['export', format], { cwd: folder, env });
      expect(code, `${format}: ${stderr}`).to.equal(0);
      expect(stdout, format)
        .to.match(/API_TOKEN\}?"?'?\/v1/)
        .and.not.to.match(/canary-91b2|muster-secret|https?:\/\/localhost/);
      if (format !== 'procfile') expect(stdout, format).to.match(/\$\{?HEALTH_SECRET/);
    }
  });

  it('a secret inside another variable is asked for by name, and where systemd would not fill it in, the whole variable is', async () => {
    const services = { web: { command: 'sleep 100', env: { URL: 'http://u:${MY_TOKEN:-tok}@h/', OTHER_TOKEN: '${MY_TOKEN}' } } };
    const { folder, path } = createProject({ 'services.yaml': JSON.stringify({ name: 'shop', services }) });
    const env = { MY_TOKEN: 'canary-91b2' };
    await runMuster(['export', 'systemd', '--out', 'units'], { cwd: folder, env });
    expect(readFileSync(path('units', 'shop-web.service'), 'utf8')).not.to.match(/URL|TOKEN/);
    expect(readFileSync(path('units', 'shop-web.service.env'), 'utf8')).to.equal(
      'OTHER_TOKEN=\n# URL=http://u:${MY_TOKEN}@h/\nURL=\n',
    );
    for (const [format, written] of [
      ['compose', 'URL: "http://u:${MY_TOKEN}@h/"'],
      ['procfile', `URL='http://u:'"$MY_TOKEN"'@h/'`],
    ] as const) {
      const { stdout } = await runMuster(['export', format], { cwd: folder, env });
      expect(stdout, format).to.include(written).and.include('\nMY_TOKEN=\nOTHER_TOKEN=\n');
    }
  });

  it('paths hold from where the file is written, which need not be there yet; on stdout from where it is called', async () => {
    const services = { api: { command: 'sleep 100', cwd: 'api', build: 'api' }, web: { command: 'sleep 100' } };
    const { folder, path, write } = createProject({ 'services.yaml': JSON.stringify({ name: 'shop', services }) });
    write('api/x', '');
    write('deploy/x', '');
    symlinkSync(path('deploy'), path('linked'));
    for (const out of ['deploy', 'linked']) {
      await runMuster(['export', 'compose', '--out', `${out}/compose.yaml`, '--force'], { cwd: folder });
      expect(readFileSync(path('deploy', 'compose.yaml'), 'utf8'), out).to.include('context: "../api"');
    }
    await runMuster(['export', 'procfile', '--out', 'new/deep/'], { cwd: folder });
    expect(readFileSync(path('new', 'deep', 'Procfile'), 'utf8')).to.match(
      /^api: cd \.\.\/\.\.\/api && exec .*\nweb: cd \.\.\/\.\. && exec /,
    );
    const here = await runMuster(['export', 'procfile'], { cwd: path('api') });
    expect(here.stdout).to.match(/^api: env .*\nweb: cd \.\. && exec /);
    const away = await runMuster(['export', 'procfile', '--out', join(folder, '..', 'Procfile')], { cwd: folder });
    expect(away.code, away.stderr).to.equal(0);
    expect(readFileSync(path('..', 'Procfile'), 'utf8')).to.include(`api: cd ${folder}/api && exec `);
  });

  it('--json with --out writes the file and prints the data, and says when it cannot', async () => {
    const { folder, path } = createProject({ 'services.yaml': stack });
    const first = await runMuster(['export', 'compose', '--json', '--out', 'x.yaml'], { cwd: folder });
    expect(first.code, first.stderr).to.equal(0);
    const { files } = JSON.parse(first.stdout) as { files: { text: string }[] };
    expect(readFileSync(path('x.yaml'), 'utf8')).to.equal(files[0]?.text);
    const second = await runMuster(['export', 'compose', '--json', '--out', 'x.yaml'], { cwd: folder });
    expect(second.code).to.equal(2);
    expect(second.stderr).to.include('is there already; --force replaces it');
    expect(JSON.parse(second.stdout)).to.include({ ok: false });
  });

  it('json: one rule for every text: "${b.url}" is an address, "$$" a "$"', async () => {
    const services = {
      a: { command: ['echo', '$${b.url}', '${b.url}', '$HOME is $$ here'], label: 'costs $5' },
      b: { command: 'sleep 100', port: 80 },
    };
    const content = { name: 'shop', notify: [{ url: 'https://canary.example.com', secret: 'canary' }], services };
    const { folder } = createProject({ 'services.yaml': JSON.stringify(content) });
    const { stdout } = await runMuster(['export', 'json'], { cwd: folder });
    type Data = { notify: unknown[]; services: { a: { label: string; command: { args: string[] } } } };
    const data = JSON.parse(stdout) as Data;
    expect(data.services.a.command.args).to.deep.equal(['$${b.url}', '${b.url}', '$$HOME is $$ here']);
    expect(data.services.a.label).to.equal('costs $$5');
    expect(data.notify[0]).to.include({ url: null, secret: null });
  });

  it('S5: runs nothing of the file', async () => {
    const hostile = {
      services: { a: { command: ['touch', 'ran'], stop: { command: 'touch ran' }, health: { exec: 'touch ran' } } },
    };
    const { folder, path } = createProject({ 'services.yaml': JSON.stringify(hostile) });
    for (const format of ['compose', 'systemd', 'procfile', 'dot', 'json'])
      expect((await runMuster(['export', format], { cwd: folder })).code, format).to.equal(0);
    expect(existsSync(path('ran'))).to.equal(false);
  });
});
