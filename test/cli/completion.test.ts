import { spawnSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { delimiter } from 'node:path';
import { expect } from 'chai';
import { renderBash } from '../../lib/interfaces/cli/completion/bash.ts';
import { renderFish } from '../../lib/interfaces/cli/completion/fish.ts';
import { readServiceNames } from '../../lib/interfaces/cli/completion/service-names.ts';
import { renderZsh } from '../../lib/interfaces/cli/completion/zsh.ts';
import { createProject, type Project, runMuster } from '../support/cli.ts';

const services = 'services:\n  api: { command: x }\n  web:\n    command: x\n';

/** A stand-in for muster that the scripts find in PATH: the names are what matters to them. */
const withMuster = (project: Project): NodeJS.ProcessEnv => {
  project.write(
    'bin/muster',
    '#!/bin/sh\n[ "$*" = "completion --names" ] && printf "api\\nweb\\n"\n[ "$*" = "--file=o.yaml completion --names" ] && echo other\n',
  );
  chmodSync(project.path('bin', 'muster'), 0o755);
  return { PATH: `${project.path('bin')}${delimiter}${process.env.PATH ?? ''}`, HOME: project.folder, LANG: 'C.UTF-8' };
};

describe('completion', () => {
  it('names the services of the file, without parsing more than the keys', () => {
    expect(readServiceNames(services)).to.deep.equal(['api', 'web']);
    expect(
      readServiceNames('x: 1\n\n"services":   # all\n  # first\n  "a.b":\n    c: 1\n  \'d\': {\n  broken\nhooks:\n  e: 1\n'),
    ).to.deep.equal(['a.b', 'd']);
    expect(readServiceNames('\ufeffservices:\r\n  a:\r\n    b: 1\r\n')).to.deep.equal(['a']);
    expect(readServiceNames('services: {}\n')).to.deep.equal([]);
    expect(readServiceNames('')).to.deep.equal([]);
  });

  it('offers no name that a shell would run', () => {
    expect(readServiceNames('services:\n  $(reboot): {}\n  "`x`": {}\n  a;b: {}\n  ok: {}\n')).to.deep.equal(['ok']);
  });

  it('completion --names prints them, also of another file, and nothing where there is none', async () => {
    const { folder } = createProject({ 'services.yaml': services, 'o.yaml': 'services:\n  other: {}\n' });
    expect(await runMuster(['completion', '--names'], { cwd: folder })).to.include({ code: 0, stdout: 'api\nweb\n', stderr: '' });
    expect((await runMuster(['-f', 'o.yaml', 'completion', '--names'], { cwd: folder })).stdout).to.equal('other\n');
    expect(await runMuster(['-f', 'no.yaml', 'completion', '--names'], { cwd: folder })).to.include({
      code: 0,
      stdout: '',
      stderr: '',
    });
  });

  const lines: readonly (readonly [words: readonly string[], offered: string])[] = [
    [['gr'], 'graph'],
    [
      [''],
      'up check plan graph stats down start stop restart status monitor logs clean doctor recover why run exec env ls init import export dashboard completion version help',
    ],
    [['up', ''], 'api web'],
    [['-f', 'o.yaml', 'up', ''], 'other'],
    [['logs', '-f', ''], 'api web'],
    [['logs', '-f', 'api', ''], 'api web'],
    [['-f', 'o.yaml', 'logs', '-f', ''], 'other'],
    [['logs', '--file', 'serv'], 'services.yaml'],
    [['up', '--st'], '--strict'],
    [['up', '--env', 't'], 'test'],
    [['completion', ''], 'bash zsh fish'],
    [['help', 'ch'], 'check'],
    [['check', '-f', 'serv'], 'services.yaml'],
    [['check', ''], ''],
    [['completion', '--n'], '--no-color'],
  ];
  for (const [words, offered] of lines) {
    it(`bash: muster ${words.join(' ')}[tab] offers ${offered === '' ? 'nothing' : offered}`, function () {
      if (spawnSync('bash', ['-c', ':']).error !== undefined) this.skip();
      const project = createProject({ 'services.yaml': services });
      const script = `${renderBash().join('\n')}\nCOMP_WORDS=(muster "$@"); COMP_CWORD=$#; _muster; echo "\${COMPREPLY[*]}"`;
      const { stdout, stderr } = spawnSync('bash', ['-c', script, 'bash', ...words], {
        cwd: project.folder,
        env: withMuster(project),
        encoding: 'utf8',
      });
      expect({ stdout, stderr }).to.deep.equal({ stdout: `${offered}\n`, stderr: '' });
    });
  }

  it('zsh: options before the command are none behind its name, where the same letter may mean something else', () => {
    expect(renderZsh().join('\n')).to.contain("'(-)1: :->command' '(-)*:: :->rest'");
  });

  it('zsh reads its script', function () {
    const { path } = createProject({ _muster: renderZsh().join('\n') });
    const done = spawnSync('zsh', ['-nf', path('_muster')], { encoding: 'utf8' });
    if (done.error !== undefined) this.skip();
    expect({ status: done.status, stderr: done.stderr }).to.deep.equal({ status: 0, stderr: '' });
  });

  it('fish reads its script, and offers commands, options and services', function () {
    const project = createProject({ 'services.yaml': services });
    const ask = ['gr', 'up ', 'logs -f api ', 'up --stri', 'up --env te']
      .map((words) => `complete -C "muster ${words}"`)
      .join('\n');
    const done = spawnSync('fish', ['--no-config', '-c', `${renderFish().join('\n')}\n${ask}`], {
      cwd: project.folder,
      env: withMuster(project),
      encoding: 'utf8',
    });
    if (done.error !== undefined) this.skip();
    const offered = done.stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t')[0]);
    expect({ offered, stderr: done.stderr }).to.deep.equal({
      offered: ['graph', 'api', 'web', 'api', 'web', '--strict', 'test'],
      stderr: '',
    });
  });
});
