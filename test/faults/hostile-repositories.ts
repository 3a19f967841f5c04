/**
 * A folder that somebody cloned: files by name; a name in `links` is a symbolic link, one in `pipes` a FIFO. `@PROJECT@` is the
 * project's id, which nobody can know, and `@BASE@` the folder that the project is in.
 */
export type Repository = {
  readonly title: string;
  readonly stack: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly links?: Readonly<Record<string, string>>;
  readonly pipes?: readonly string[];
};

const web = (fields: string): string => `services:\n  web: {command: "touch proof", ${fields}}\n`;

const plain = web('port: 3999');

/** Somebody else's process as a service of this project, as far as a file can say that. */
const plantedMemory = (pid: number): string =>
  JSON.stringify({
    format: 'muster-memory',
    version: 1,
    project: { root: '/somewhere/else', uid: 0, machine: 'ffffffffffffffff' },
    history: { folded: {}, runs: [] },
    supervisor: { pid, startTime: '1', bootId: 'x' },
    done: {},
    running: { web: { state: 'ready', desired: 'running', process: { pid, startTime: '1', bootId: 'x' } } },
  });

const catastrophic = '^(([a-z])+.)+[A-Z]([a-z])+$';

/**
 * What a stranger's repository may hold to have something run, read or written before anybody has said `up` (S-21). Every
 * command in them touches `proof`; what lies outside is in `../outside` and `~/.ssh`.
 */
export const hostileRepositories: readonly Repository[] = [
  { title: 'a command that writes', stack: plain },
  {
    title: 'a command with substitutions for a shell',
    stack: 'services:\n  web: {command: "echo $(touch proof) `touch proof`; touch proof"}\n',
  },
  { title: 'a command that is a list', stack: 'services:\n  web: {command: [sh, -c, touch proof]}\n' },
  {
    title: 'a command of the project itself',
    stack: 'services:\n  web: {command: ./run.sh}\n',
    files: { 'run.sh': '#!/bin/sh\ntouch proof\n' },
  },
  { title: 'a health check that writes', stack: web('health: {exec: "touch proof"}') },
  { title: 'a readiness check that writes', stack: web('ready: {exec: [touch, proof]}') },
  { title: 'a health check of the metadata service', stack: web('health_url: "http://169.254.169.254/latest/meta-data"') },
  { title: 'a health check of a name', stack: web('health_url: "http://evil.invalid/"') },
  { title: 'a TCP check elsewhere', stack: web('health: {tcp: "192.0.2.1:80"}') },
  { title: 'a stop command', stack: web('stop: {command: "touch proof"}') },
  { title: 'hooks of a service', stack: web('hooks: {before_start: "touch proof", after_stop: "touch proof"}') },
  { title: 'hooks of the stack', stack: `hooks: {before_up: "touch proof", after_down: "touch proof"}\n${plain}` },
  { title: 'webhooks', stack: `notify: [{url: "http://evil.invalid/"}]\n${plain}` },
  { title: 'a task with inputs outside', stack: web('type: task, inputs: ["../outside/**", "/etc/*"]') },
  { title: 'watching outside', stack: web('watch: ["../**", "/etc/**"]') },
  { title: 'cleaning outside', stack: `clean: ["../outside/**", "/etc/*"]\n${web('clean: ["../**"]')}` },
  { title: 'an env file outside', stack: web('env_file: ../outside/secret.env') },
  { title: 'an env file in the home folder', stack: web('env_file: "~/.ssh/id_rsa"') },
  { title: 'an env file by an absolute path', stack: web('env_file: /etc/shadow') },
  { title: 'an env file that is a link', stack: web('env_file: local.env'), links: { 'local.env': '../outside/secret.env' } },
  { title: 'an env file in a folder that is a link', stack: web('env_file: conf/secret.env'), links: { conf: '../outside' } },
  { title: 'an env file that is a pipe', stack: web('env_file: pipe.env'), pipes: ['pipe.env'] },
  { title: 'an env file that is a device', stack: web('env_file: zero.env'), links: { 'zero.env': '/dev/zero' } },
  {
    title: 'an env file of variables for Node',
    stack: web('env_file: node.env'),
    files: { 'node.env': 'NODE_OPTIONS=--require ./evil.cjs\nPATH=.\n', 'evil.cjs': 'require("fs").writeFileSync("proof", "")' },
  },
  { title: 'an include outside', stack: `include: [../outside/services.yaml]\n${plain}` },
  { title: 'an include through a link', stack: `include: [sub/services.yaml]\n${plain}`, links: { sub: '../outside' } },
  { title: 'an include of itself', stack: `include: [services.yaml]\n${plain}` },
  { title: 'a folder to run in that is outside', stack: web('cwd: ../outside') },
  { title: 'a folder to run in that is a link', stack: web('cwd: sub'), links: { sub: '../outside' } },
  { title: 'a log file outside', stack: web('log: {file: ../outside/x.log}') },
  { title: 'a log file that is a link', stack: plain, links: { 'logs/web.log': '../../outside/secret.env' } },
  { title: 'a log folder that is a link', stack: plain, links: { logs: '../outside' } },
  { title: 'a log file that is a pipe', stack: plain, pipes: ['logs/web.log'] },
  { title: 'a memory that is a link', stack: plain, links: { '.server_memory.json': '../outside/secret.env' } },
  { title: 'a memory that is a pipe', stack: plain, pipes: ['.server_memory.json'] },
  { title: 'a memory that names a process', stack: plain, files: { '.server_memory.json': plantedMemory(process.ppid) } },
  { title: 'a memory that names the first process', stack: plain, files: { '.server_memory.json': plantedMemory(1) } },
  {
    title: 'a lock that leads to another folder',
    stack: plain,
    files: {
      '.server_memory.json.lock-@PROJECT@.1': `{"pid":${process.ppid},"startTime":"1","bootId":"x","folder":"@BASE@/outside/@PROJECT@"}`,
      '.server_memory.json.lock-@PROJECT@.2': `{"pid":${process.ppid},"startTime":"1","bootId":"x","folder":"@BASE@/outside"}`,
    },
  },
  { title: 'a lock that is a pipe', stack: plain, pipes: ['.server_memory.json.lock-@PROJECT@.1'] },
  {
    title: 'a lock that is a link',
    stack: plain,
    links: { '.server_memory.json.lock-@PROJECT@.1': '../outside/secret.env' },
  },
  {
    title: 'programs with the names of our helpers',
    stack: plain,
    files: Object.fromEntries(
      ['ps', 'ss', 'lsof', 'git', 'node', 'node_modules/.bin/ps'].map((name) => [name, '#!/bin/sh\ntouch proof\n']),
    ),
  },
  {
    title: 'a package with scripts and settings',
    stack: plain,
    files: {
      'package.json': '{"scripts":{"prestart":"touch proof"},"type":"module"}',
      '.npmrc': 'node-options=--require ./evil.cjs',
      'tsconfig.json': '{',
    },
  },
  {
    title: 'names with paths and substitutions',
    stack: 'services:\n  "../../outside/x": {command: "touch proof"}\n  "$(touch proof)": {command: "touch proof"}\n',
  },
  {
    title: 'names and labels with terminal sequences',
    stack: 'services:\n  web: {command: "touch proof", label: "\\e]52;c;ZXZpbA==\\a\\e[2J"}\n',
  },
  {
    title: 'a pattern without end',
    stack: web(`ready: {log: '${catastrophic}'}`),
    files: { 'logs/web.log': `${'a'.repeat(5_000)}!\n` },
  },
  { title: 'values of the caller', stack: web('env: {STOLEN: "${HOME}", KEY: "${SSH_AUTH_SOCK:-none}"}') },
  { title: 'a right to end strangers', stack: web('port: 22, port_conflict: kill') },
  { title: 'another address to listen on', stack: `host: 0.0.0.0\n${web('host: 0.0.0.0, port: 3999')}` },
  {
    title: 'an environment that changes the command',
    stack: `environments: {development: {services: {web: {command: "touch proof; touch proof"}}}}\n${plain}`,
  },
  {
    title: 'aliases that multiply',
    stack: `x-a: &a [x, x]\nx-b: &b [${'*a, '.repeat(100)}]\nx-c: &c [${'*b, '.repeat(100)}]\nx-d: &d [${'*c, '.repeat(100)}]\n${web('profiles: *d')}`,
  },
];
