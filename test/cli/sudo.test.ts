import { readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect } from 'chai';
import { whySudoIsRefused } from '../../lib/runtime/sudo.ts';
import { createProject, runMuster } from '../support/cli.ts';
import { giveTo } from '../support/outsiders.ts';

const isRoot = process.getuid?.() === 0;
const outsider = 65_534;

describe('muster under sudo', () => {
  it('S-36: root writes nothing into the project of the user who called it, and says how it is to be called', async function () {
    if (!isRoot) this.skip();
    const project = createProject({ 'services.yaml': 'services: {a: {command: sleep 1000}}\n' });
    giveTo(project, outsider);
    const before = readdirSync(dirname(project.folder), { recursive: true });
    for (const args of [['up'], ['up', '-d'], ['run', '--', 'true']]) {
      const env = { SUDO_UID: String(outsider), SUDO_USER: 'ann' };
      const { code, stderr, stdout } = await runMuster(args, { cwd: project.folder, env });
      expect(stderr + stdout, args.join(' '))
        .to.include(`${project.folder} belongs to ann`)
        .and.to.include('run it without sudo');
      expect(code, args.join(' ')).to.equal(2);
    }
    const isOurs = (name: string | Buffer): boolean => !/^run(\/|$)/.test(String(name));
    expect(readdirSync(dirname(project.folder), { recursive: true }).filter(isOurs)).to.deep.equal(before.filter(isOurs));
  });

  it('S-36: is nobody else: a user, root in a folder of its own, root without sudo', function () {
    if (!isRoot) this.skip();
    const project = createProject({ 'services.yaml': 'services: {}\n' });
    const sudo = { SUDO_UID: String(outsider), SUDO_USER: 'ann' };
    expect(whySudoIsRefused(project.folder, sudo)).to.equal(null);
    giveTo(project, outsider);
    expect(whySudoIsRefused(project.folder, sudo)).to.include('belongs to ann');
    expect(whySudoIsRefused(project.folder, { ...sudo, SUDO_UID: '1234' })).to.include('the user with uid');
    expect(whySudoIsRefused(project.folder, {})).to.equal(null);
    expect(whySudoIsRefused(project.folder, sudo, outsider)).to.equal(null);
  });
});
