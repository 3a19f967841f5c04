import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { exporters } from '../../lib/interfaces/exporters/registry.ts';
import { hostileValues } from './hostile.ts';
import { toInput } from './rig.ts';

const variables = Object.fromEntries(hostileValues.map((value, index) => [`V${index}`, value]));
const args = hostileValues.filter((value) => value !== '');

/** db ◄─ api */
const hostileStack = {
  services: {
    db: { command: ['/bin/true'], port: 5432 },
    api: {
      command: ['/usr/bin/printf', ...args],
      env: { ...variables, DB: '@{db.host}:@{db.port}', API_TOKEN: 'canary-7f3a' },
      depends_on: ['db'],
    },
  },
};

/** The number that comes first is taken by another service, and a range has no room for all. */
const autoStack = {
  services: {
    site: {
      image: 'site:1',
      command: 'python3 -m http.server @{site.port} --bind 127.0.0.1',
      port: 'auto',
      health_url: '@{site.url}/',
    },
    db: {
      image: 'db:1',
      command: '/bin/true',
      ports: { main: 5432, admin: 'auto', spare: 'auto' },
      port_conflict: 'next',
      port_range: '5432-5433',
    },
    web: { image: 'web:1', command: '/bin/true', port: 20_000, env: { SITE: '@{site.url}' } },
  },
};

const fileOf = async (format: string, ending: string): Promise<string> => {
  const exported = exporters.find((exporter) => exporter.format === format)?.toFiles(await toInput(hostileStack));
  const file = exported?.files.find(({ path }) => path.endsWith(ending));
  if (file === undefined) throw new Error(`${format} wrote no ${ending}`);
  return file.text;
};

/** What systemd makes of a quoted word (systemd.syntax(7)); `$$` only where commands are. */
const unquote = (word: string): string =>
  word
    .replace(/^"([\s\S]*)"$/, '$1')
    .replaceAll(/\\(x[0-9a-f]{2}|.)/g, (_, code: string) =>
      code.startsWith('x') && code.length === 3
        ? String.fromCharCode(Number.parseInt(code.slice(1), 16))
        : ({ n: '\n', r: '\r', t: '\t' }[code] ?? code),
    )
    .replaceAll('%%', '%');

/** The words of a line of a unit: quoted ones may hold blanks. */
const toUnitWords = (line: string): string[] => line.match(/"(?:[^"\\]|\\.)*"|\S+/g) ?? [];

describe('every exporter', () => {
  for (const { format, toFiles } of exporters) {
    it(`${format}: S-29: never writes the value of a secret`, async () => {
      for (const { path, text } of toFiles(await toInput(hostileStack)).files) expect(text, path).not.to.include('canary-7f3a');
    });

    it(`${format}: writes something for an empty stack, too`, async () => {
      expect(toFiles(await toInput({ services: {} })).files).to.not.have.lengthOf(0);
    });

    it(`${format}: writes files with plain names, below the folder that it is given`, async () => {
      const stack = { name: '../x/ y', services: { 'a.b': { command: 'true' }, a_b: { command: 'true' } } };
      for (const { path } of toFiles(await toInput(stack)).files) expect(path).to.match(/^[\w.:-]+$/);
    });

    it(`${format}: "port: auto" has a number that is told, or is refused, or stays for muster to choose; no address is without one`, async () => {
      const { files, losses, problems = [] } = toFiles(await toInput(autoStack));
      const said = [...losses, ...problems].filter(({ text }) => text.includes('auto'));
      if (problems.length > 0) return expect(said.map(({ service }) => service)).to.include('site');
      const text = files.map((file) => file.text).join('\n');
      expect(text).not.to.match(/http\.server"?,?\s+(-\s+)?(''|"")|:\/\/[\w.]+:(?!\d)/);
      if (['json', 'dot', 'systemd-unit'].includes(format)) return expect(losses).to.deep.equal([]);
      expect(said).to.deep.equal([
        { service: 'site', text: '"port: auto": 20001 there, whether it is free or not' },
        { service: 'db', text: '"auto" of its ports admin, spare: 5433, 20002 there, whether it is free or not' },
      ]);
      expect(text).to.match(/http\.server"?\s+(-\s+)?"?20001/);
      expect(text).to.match(/SITE[=:] ?"?http:\/\/(127\.0\.0\.1|site):20001/);
      expect(text).to.match(/PORT_ADMIN[=:] ?"?5433/);
    });

    it(`${format}: says the same twice`, async () => {
      const input = await toInput(hostileStack);
      expect(toFiles(input)).to.deep.equal(toFiles(input));
    });
  }
});

describe('forty hostile values', () => {
  it('compose: come back as they were, in variables and arguments', async () => {
    type File = { services: Record<string, { environment: Record<string, string>; command: string[] }> };
    const { services } = parse(await fileOf('compose', 'compose.yaml')) as File;
    const environment = services['api']?.environment ?? {};
    // Compose's own expansion: `$$` is a `$`, and there is no other `$` left.
    const expand = (text: string): string => {
      expect(text.replaceAll('$$', '')).not.to.include('$');
      return text.replaceAll('$$', '$');
    };
    for (const [name, value] of Object.entries(variables)) expect(expand(environment[name] ?? 'none'), name).to.equal(value);
    expect(services['api']?.command.slice(1).map(expand)).to.deep.equal(args);
    expect(environment['API_TOKEN']).to.equal('${API_TOKEN}');
    expect(environment['DB']).to.equal('db:5432');
  });

  it('systemd: come back as they were, and none begins a setting of its own', async () => {
    const lines = (await fileOf('systemd', 'api.service')).split('\n');
    const found = Object.fromEntries(
      lines
        .filter((line) => line.startsWith('Environment='))
        .map((line) => unquote(line.slice('Environment='.length)))
        .map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
    );
    for (const [name, value] of Object.entries(variables)) expect(found[name], name).to.equal(value);
    const starts = lines.filter((line) => line.startsWith('ExecStart='));
    expect(starts).to.have.lengthOf(1);
    const words = toUnitWords(starts[0]?.slice('ExecStart='.length) ?? '').map((word) => unquote(word).replaceAll('$$', '$'));
    expect(words.slice(1)).to.deep.equal(args);
  });

  it('systemd: units pass systemd-analyze verify', async function () {
    if (!hasSystemd()) return this.skip();
    expect(await verifyUnits(hostileStack)).to.deep.equal([]);
  });

  it('procfile: come back as they were from a real shell, but for line ends, which are told as lost', async () => {
    const line = (await fileOf('procfile', 'Procfile')).split('\n').find((each) => each.startsWith('api: ')) ?? '';
    const command = line.slice('api: '.length);
    const dump = `process.stdout.write(JSON.stringify({env: process.env, args: process.argv.slice(1)}))`;
    const asked = command.replace('/usr/bin/printf', `${process.execPath} -e '${dump}' --`);
    const { stdout } = spawnSync('/bin/sh', ['-c', asked], { encoding: 'utf8', env: {} });
    const { env, args: words } = JSON.parse(stdout) as { env: Record<string, string>; args: string[] };
    const flat = (value: string): string => value.replaceAll('\n', ' ');
    for (const [name, value] of Object.entries(variables)) expect(env[name], name).to.equal(flat(value));
    expect(words).to.deep.equal(args.map(flat));
  });
});

describe('units of a stack with everything in it', () => {
  /** db ◄─ migrate (task) ◄─ api × 2 ◄┄ mail (optional); worker tells when it is ready */
  const stack = {
    name: 'shop',
    services: {
      db: { command: '/bin/sleep 100', port: 5432, stop: { signal: 'SIGINT', timeout: '20s', command: '/bin/true' } },
      migrate: { type: 'task', command: ['/bin/true'], depends_on: ['db'], health_timeout: '5m' },
      api: {
        command: '/bin/sleep 100 && echo done',
        port: 3000,
        replicas: 2,
        health: { http: '@{api.url}/health' },
        depends_on: { migrate: { condition: 'completed' }, mail: { required: false, wait_up_to: '4s' } },
        wait_before_start: '300ms',
      },
      mail: { command: '/bin/sleep 100', port: 2525, optional: true, restart: { policy: 'always', max: 3 } },
      worker: { command: '/bin/sleep 100', ready: { notify: true }, env: { WORKER_TOKEN: 'x' }, depends_on: ['api'] },
    },
  };

  it('pass systemd-analyze verify', async function () {
    if (!hasSystemd()) return this.skip();
    expect(await verifyUnits(stack)).to.deep.equal([]);
  });
});

const hasSystemd = (): boolean => spawnSync('systemd-analyze', ['--version']).status === 0;

/** What systemd says of the units of a stack, as far as it is about these. */
const verifyUnits = async (content: unknown): Promise<readonly string[]> => {
  const folder = mkdtempSync(join(tmpdir(), 'muster-units-'));
  try {
    const input = await toInput(content);
    const files = exporters
      .filter(({ format }) => format.startsWith('systemd'))
      .flatMap(({ toFiles }) => toFiles(input).files)
      .map(({ path, text }) => ({
        path: join(folder, path),
        text: text.replaceAll(/^WorkingDirectory=.*$/gm, 'WorkingDirectory=/'),
      }));
    for (const { path, text } of files) writeFileSync(path, text.replaceAll('/opt/muster/cli.js', '/bin/true'));
    const units = files.map(({ path }) => path).filter((path) => /\.(service|target)$/.test(path));
    const verified = spawnSync('systemd-analyze', ['verify', '--man=no', ...units], { encoding: 'utf8' });
    expect(verified.status, verified.stderr).to.equal(0);
    return verified.stderr.split('\n').filter((line) => line.includes('muster-'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
