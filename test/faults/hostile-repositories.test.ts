import { spawn, spawnSync } from 'node:child_process';
import { lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { projectId } from '../../lib/runtime/identity.ts';
import { createProject, musterCommand, type Project } from '../support/cli.ts';
import { hostileRepositories, type Repository } from './hostile-repositories.ts';

/** Everything that may be asked of a folder before anything in it is trusted. */
const commands: readonly string[] = ['check', 'graph', 'status', 'export compose', 'doctor', 'logs', 'completion bash'];

const layOut = ({ stack, files = {}, links = {}, pipes = [] }: Repository): Project => {
  const project = createProject();
  const base = dirname(project.folder);
  const here = (text: string): string => text.replaceAll('@PROJECT@', projectId(project.folder)).replaceAll('@BASE@', base);
  for (const [name, text] of Object.entries(files)) project.write(here(name), here(text));
  for (const [folder, file, text] of [
    ['outside', 'secret.env', 'STOLEN=canary-of-outside\n'],
    ['outside', 'services.yaml', 'services: {stolen: {command: canary-of-outside}}\n'],
    ['.ssh', 'id_rsa', 'canary-of-outside\n'],
  ] as const) {
    mkdirSync(join(base, folder), { recursive: true });
    writeFileSync(join(base, folder, file), text);
  }
  if (!('services.yaml' in links)) project.write('services.yaml', stack);
  const placeOf = (name: string): string => {
    const place = project.path(here(name));
    mkdirSync(dirname(place), { recursive: true });
    return place;
  };
  for (const [name, target] of Object.entries(links)) symlinkSync(target, placeOf(name));
  for (const name of pipes) spawnSync('mkfifo', [placeOf(name)]);
  return project;
};

/** Names, kinds, sizes and times of change of everything in a folder, but for the memory's other name when it was damaged. */
const stateOf = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => !name.includes('.server_memory.json.corrupt-'))
    .sort()
    .map((name) => {
      const { mode, size, mtimeMs } = lstatSync(join(folder, name));
      return `${name} ${mode} ${size} ${mtimeMs}`;
    });

type Traced = { readonly output: string; readonly calls: readonly string[] };

/** All commands in this folder, one after another, with every program, connection and file that they open. */
const traceCommands = (project: Project): Promise<Traced> =>
  new Promise((resolve) => {
    const base = dirname(project.folder);
    const trace = join(base, 'trace');
    const muster = [process.execPath, ...musterCommand()].map((word) => `'${word}'`).join(' ');
    const script = commands.map((command) => `${muster} ${command}`).join('\n');
    const child = spawn(
      'strace',
      ['-f', '-qq', '--seccomp-bpf', '-o', trace, '-e', 'trace=execve,connect,open,openat,openat2', '/bin/sh', '-c', script],
      {
        cwd: project.folder,
        env: { PATH: `${project.folder}:${process.env['PATH'] ?? ''}`, HOME: base, XDG_RUNTIME_DIR: join(base, 'run') },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => void (output += text));
    child.once('close', () => resolve({ output, calls: readFileSync(trace, 'utf8').split('\n') }));
  });

describe('a repository that nobody has looked at yet', () => {
  const canTrace = spawnSync('strace', ['--seccomp-bpf', '-f', '-qq', '-o', '/dev/null', 'true']).status === 0;

  for (const repository of hostileRepositories) {
    it(`S-21: ${repository.title}: nothing is started, reached, or read outside`, async function () {
      if (!canTrace) this.skip();
      const project = layOut(repository);
      const base = dirname(project.folder);
      const before = [stateOf(project.folder), stateOf(join(base, 'outside'))];
      const { output, calls } = await traceCommands(project);

      // The shell of this test, and each command as Node itself: nobody else.
      const started = calls.filter((call) => /execve\(.*= 0$/.test(call));
      expect(started.filter((call) => call.includes(`execve("${process.execPath}"`))).to.have.length(commands.length);
      expect(started, output).to.have.length(commands.length + 1);
      const reached = calls.filter((call) => /connect\(/.test(call) && !call.includes(`sun_path="${base}/run/`));
      expect(reached, output).to.deep.equal([]);
      const opened = calls.filter((call) => /open(at2?)?\(/.test(call) && /= \d+$/.test(call));
      expect(
        opened.filter((call) => /outside|\.ssh|\/etc\/shadow|\/dev\/zero/.test(call)),
        output,
      ).to.deep.equal([]);
      expect(output).not.to.include('canary-of-outside');
      expect([stateOf(project.folder), stateOf(join(base, 'outside'))]).to.deep.equal(before);
    });
  }
});
