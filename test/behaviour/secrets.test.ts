import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { createProject, type Project, runMuster } from '../support/cli.ts';

/** Each value is unlike all others, so that whatever holds it is a leak of that one place. */
const canary = (place: string): string => `canary-${place}-7f3a9`;

const secretNames = ['API_TOKEN', 'DB_PASSWORD', 'SIGNING_KEY', 'CLIENT_SECRET', 'AUTH_HEADER', 'PASSWD', 'CREDENTIALS'] as const;

/** Thirty secrets, each at a place of its own: of the caller, of files, of the stack, its defaults, its environments, a service. */
const places = {
  stack: secretNames.map((name) => `stack-${name}`),
  defaults: ['defaults-API_TOKEN'],
  environment: ['environment-API_TOKEN', 'environment-service-API_TOKEN'],
  service: secretNames.map((name) => `service-${name}`),
  file: ['file-API_TOKEN', 'file-PLAIN', 'stackfile-API_TOKEN', 'stackfile-PLAIN'],
  caller: [
    'caller-in-env',
    'caller-in-command',
    'caller-in-header',
    'caller-in-url',
    'caller-in-exec',
    'caller-in-body',
    'caller-unused',
  ],
  failing: ['failing-API_TOKEN', 'failing-in-command'],
} as const;

const all = Object.values(places).flat();

const variables = (prefix: string, names: readonly string[] = secretNames): string =>
  `{${names.map((name) => `${name}_${prefix.toUpperCase()}: "${canary(`${prefix}-${name}`)}"`).join(', ')}}`;

const stack = `
env: ${variables('stack')}
env_file: stack.env
defaults: {env: ${variables('defaults', ['API_TOKEN'])}}
environments:
  development:
    env: ${variables('environment', ['API_TOKEN'])}
    services: {web: {env: {OF_ENVIRONMENT_TOKEN: "${canary('environment-service-API_TOKEN')}"}}}
services:
  web:
    command: [sh, -c, 'exec sleep 600', "\${CALLER_COMMAND_TOKEN}"]
    env_file: web.env
    env: {OWN_TOKEN: "\${CALLER_ENV_TOKEN}", ${variables('service').slice(1)}
    health: {exec: [sh, -c, 'exit 0', "\${CALLER_EXEC_TOKEN}"], interval: 60s}
  asks:
    command: sleep 600
    optional: true
    health_timeout: 300ms
    restart: no
    health: {http: "http://127.0.0.1:9/?token=\${CALLER_URL_TOKEN}", headers: {Authorization: "Bearer \${CALLER_HEADER_TOKEN}"}, body_matches: "\${CALLER_BODY_TOKEN}"}
  fails:
    command: [sh, -c, 'exit 3', "\${CALLER_FAILING_TOKEN}"]
    env: ${variables('failing', ['API_TOKEN'])}
    optional: true
    restart: no
`;

const caller = {
  CALLER_ENV_TOKEN: canary('caller-in-env'),
  CALLER_COMMAND_TOKEN: canary('caller-in-command'),
  CALLER_HEADER_TOKEN: canary('caller-in-header'),
  CALLER_URL_TOKEN: canary('caller-in-url'),
  CALLER_EXEC_TOKEN: canary('caller-in-exec'),
  CALLER_BODY_TOKEN: canary('caller-in-body'),
  CALLER_FAILING_TOKEN: canary('failing-in-command'),
  UNUSED_TOKEN: canary('caller-unused'),
};

const files = {
  'services.yaml': stack,
  'web.env': `FILE_API_TOKEN=${canary('file-API_TOKEN')}\nPLAIN=${canary('file-PLAIN')}\n`,
  'stack.env': `STACKFILE_API_TOKEN=${canary('stackfile-API_TOKEN')}\nSTACK_PLAIN=${canary('stackfile-PLAIN')}\n`,
};

/** Which of the canaries stand in a text. */
const leaksOf = (text: string): string[] => all.filter((place) => text.includes(canary(place)));

/** Of every file in a folder that is not one of those given: which canaries it holds. */
const leaksOfFiles = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).flatMap((name) => {
    const path = join(folder, name);
    if (Object.keys(files).some((file) => name.endsWith(file)) || !statSync(path).isFile()) return [];
    return leaksOf(readFileSync(path, 'latin1')).map((place) => `${name}: ${place}`);
  });

/** The command lines of muster's own processes: those that have no marker of a service. */
const leaksOfCommandLines = (folder: string): string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      const read = (what: string): string => spawnSync('cat', [`/proc/${pid}/${what}`], { encoding: 'latin1' }).stdout;
      const line = read('cmdline');
      if (!line.includes('canary-') || !read('environ').includes(folder) || read('environ').includes('MUSTER_INSTANCE='))
        return [];
      return leaksOf(line).map((place) => `pid ${pid}: ${place}`);
    });

const outputs: readonly (readonly string[])[] = [
  ...['check', 'plan', 'graph', 'status', 'stats', 'why web', 'why fails', 'why asks', 'env web', 'doctor', 'ls', 'logs'].flatMap(
    (words) => [words.split(' '), [...words.split(' '), '--json']],
  ),
  ...['compose', 'kubernetes', 'systemd', 'procfile', 'dot', 'json'].map((format) => ['export', format]),
  ['env', 'web', '--all'],
  ['stats', '--service', 'web'],
  ['stats', '--markdown'],
  ['stats', '--csv'],
  ['up', '--dry-run'],
  ['up', '-d'],
  ['restart', 'fails'],
];

describe('secrets', () => {
  let project: Project;
  const muster = (...args: readonly string[]) => runMuster(args, { cwd: project.folder, env: caller });

  it(`S3, S-26: ${all.length} of them are in no output, no file, no answer and no command line of muster's own`, async function () {
    project = createProject(files);
    const up = await muster('up', '-d');
    expect([up.code, leaksOf(up.stdout + up.stderr)]).to.deep.equal([0, []]);
    // They do reach the service that they are for.
    const inside = await muster('exec', 'web', '--', 'env');
    expect(leaksOf(inside.stdout)).to.include.members([
      'caller-in-env',
      'file-PLAIN',
      'stack-API_TOKEN',
      'environment-service-API_TOKEN',
    ]);

    const leaks: string[] = [];
    for (const args of outputs) {
      const { stdout, stderr } = await muster(...args);
      leaks.push(...leaksOf(stdout + stderr).map((place) => `muster ${args.join(' ')}: ${place}`));
    }
    leaks.push(...leaksOfCommandLines(project.folder));
    leaks.push(...leaksOfFiles(dirname(project.folder)));
    const down = await muster('down');
    leaks.push(...leaksOf(down.stdout + down.stderr), ...leaksOfFiles(dirname(project.folder)));
    expect(leaks).to.deep.equal([]);
    expect(all.length).to.be.at.least(30);
  });

  for (const umask of ['000', '077']) {
    it(`S-28: under umask ${umask}, everything that muster writes is its user's alone; an export is for all, with nothing to hide in it`, async () => {
      project = createProject(files);
      const through = ['sh', '-c', `umask ${umask}; exec "$@"`, 'sh'];
      const run = (...args: readonly string[]) => runMuster(args, { cwd: project.folder, env: caller, through });
      await run('up', '-d');
      await run('export', 'compose', '--out', 'units');
      await run('export', 'systemd', '--out', 'units');
      await run('down');
      const base = dirname(project.folder);
      const made = readdirSync(base, { recursive: true, encoding: 'utf8' }).filter((name) => {
        // The folders of the test itself, and what it has put there.
        const isOurs = ['project', 'run', ...Object.keys(files).map((file) => `project/${file}`)].includes(name);
        return !isOurs;
      });
      const modeOf = (name: string): string => (statSync(join(base, name)).mode & 0o777).toString(8);
      const isExport = (name: string): boolean => name.startsWith('project/units') || name === 'project/.env.example';
      const open = made.filter((name) => !isExport(name) && !/^[67]00$/.test(modeOf(name)));
      expect(open.map((name) => `${name} ${modeOf(name)}`)).to.deep.equal([]);
      expect(made).to.include.members([
        'project/.server_memory.json',
        'project/logs',
        'project/logs/web.log',
        'project/logs/muster.log',
      ]);
      for (const name of made.filter((each) => isExport(each) && statSync(join(base, each)).isFile())) {
        const isSecret = name.endsWith('.env');
        expect(`${name} ${modeOf(name)}`).to.equal(`${name} ${isSecret ? '600' : '644'}`);
        expect(leaksOf(readFileSync(join(base, name), 'latin1')), name).to.deep.equal([]);
      }
    });
  }
});
