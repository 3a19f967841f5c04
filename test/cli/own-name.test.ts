import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { expect } from 'chai';
import { toOwnName } from '../../lib/interfaces/cli/own-name.ts';
import { cleanUpProjects, createProject, runMuster } from '../support/cli.ts';

describe('a command that people are told to type', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'muster-own-name-'));
    for (const folder of ['bin', 'project/node_modules/.bin']) mkdirSync(join(root, folder), { recursive: true });
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));
  afterEach(cleanUpProjects);

  const nameFor = (event: string | undefined): string => {
    const PATH = [join(root, 'project/node_modules/.bin'), join(root, 'bin')].join(delimiter);
    const env = { PATH, INIT_CWD: join(root, 'project'), ...(event === undefined ? {} : { npm_lifecycle_event: event }) };
    return toOwnName({ env, cwd: '/', script: join(root, 'project/dist/cli.js') }).join(' ');
  };

  it('begins with what works in their shell after `npm start`: in a clone, as a dependency, and on the PATH', () => {
    expect(nameFor(undefined)).to.equal('muster');
    expect(nameFor('start')).to.equal('node dist/cli.js');
    writeFileSync(join(root, 'project/node_modules/.bin/muster'), '');
    expect(nameFor('start')).to.equal('npx muster');
    writeFileSync(join(root, 'bin/muster'), '');
    expect(nameFor('start')).to.equal('muster');
  });

  it('is that also in what a command prints', async () => {
    const { folder } = createProject({ 'services.yaml': 'services: {a: {command: sleep 100}}\n' });
    const { stdout } = await runMuster(['status'], { cwd: folder, env: { npm_lifecycle_event: 'start', INIT_CWD: folder } });
    expect(stdout).to.match(/^nothing is running here; "node \S*cli\.js up" starts it$/m);
  });
});
