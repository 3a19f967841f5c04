import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, lstatSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { connectControl } from '../../lib/interfaces/control/client.ts';
import { until } from '../support/procs.ts';
import { aFolder, cleanUp, cleanUps, open, serve } from './rig.ts';

describe('the control socket as a file', () => {
  afterEach(cleanUp);

  it('S1, S-15: has mode 0600 in a folder of mode 0700, whatever the umask, and is gone at the end', async () => {
    const before = process.umask(0);
    cleanUps.push(() => void process.umask(before));
    const { folder, path, server } = await serve();
    expect(process.umask()).to.equal(0);
    expect(lstatSync(path).isSocket()).to.equal(true);
    expect(statSync(path).mode & 0o777).to.equal(0o600);
    expect(statSync(folder).mode & 0o777).to.equal(0o700);
    await server.close();
    expect(existsSync(path)).to.equal(false);
  });

  it('S1, S-15: another user cannot connect, not even where the folder is open', async function () {
    if (process.getuid?.() !== 0 || spawnSync('setpriv', ['--version']).status !== 0) this.skip();
    const { folder, path } = await serve();
    const script = `require('node:net').connect(${JSON.stringify(path)}).on('connect', () => { console.log('in'); process.exit(); }).on('error', (e) => console.log(e.code))`;
    const connectAs = (uid: number): string => {
      const args = [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', process.execPath, '-e', script];
      return spawnSync('setpriv', args, { encoding: 'utf8', cwd: '/' }).stdout.trim();
    };
    expect(connectAs(65_534)).to.equal('EACCES');
    chmodSync(folder, 0o711);
    expect(connectAs(65_534)).to.equal('EACCES');
  });

  it('S-16: is no abstract socket', async function () {
    if (process.platform !== 'linux') this.skip();
    const { folder } = await serve();
    const table = spawnSync('cat', ['/proc/net/unix'], { encoding: 'utf8' }).stdout;
    const own = table.split('\n').filter((line) => line.includes(folder));
    expect(own.join('\n')).to.include(`${folder}/`).and.not.to.include('@');
  });

  it('F91: is there again soon after somebody deleted it, also with its folder; whoever is connected stays', async () => {
    const { folder, path, problems } = await serve();
    const early = await open(folder);
    rmSync(path);
    writeFileSync(join(folder, 'lock.1'), '{}');
    // The lock says that its supervisor lives, so a client waits for the socket.
    const late = await open(folder);
    expect((await late.snapshot()).name).to.equal('test');
    expect(statSync(path).mode & 0o777).to.equal(0o600);
    rmSync(folder, { recursive: true });
    await until('the socket is back', () => existsSync(path));
    expect(statSync(folder).mode & 0o777).to.equal(0o700);
    await open(folder);
    expect((await early.snapshot()).name).to.equal('test');
    expect(problems).to.deep.equal([]);
  });

  it('what somebody else puts in its place is told, left alone, and not removed at the end', async () => {
    const { path, problems, server } = await serve();
    rmSync(path);
    writeFileSync(path, 'theirs');
    await until('it is told', () => problems.length > 0);
    expect(problems).to.deep.equal([`${path} was replaced by somebody else; remove it`]);
    await server.close();
    expect(existsSync(path)).to.equal(true);
  });

  it('F92: a stale socket is replaced', async () => {
    const folder = aFolder();
    const path = join(folder, 'control.sock');
    const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
    spawnSync(process.execPath, ['-e', script]);
    expect(lstatSync(path).isSocket()).to.equal(true);
    expect(await connectControl(folder)).to.deep.include({ ok: false, why: 'none', stale: true });
    await serve({ folder });
    expect((await (await open(folder)).snapshot()).name).to.equal('test');
  });

  it('F93: a path that the system would cut off is refused on both sides, and the stack runs on', async () => {
    const folder = join(aFolder(), 'x'.repeat(100));
    mkdirSync(folder);
    const { problems, server } = await serve({ folder });
    expect(problems.join()).to.match(/^this stack cannot be controlled from elsewhere: the socket path .* has \d+ bytes/);
    expect(await connectControl(folder)).to.deep.include({ ok: false, why: 'refused' });
    await server.close();
  });

  it('a place where none can be made is told once, and the stack runs on', async () => {
    const folder = join(aFolder(), 'file');
    writeFileSync(folder, '');
    const { problems, server } = await serve({ folder });
    expect(problems).to.have.lengthOf(1);
    expect(problems[0]).to.match(/cannot be made \(E\w+\)$/);
    await server.close();
    expect(await connectControl(folder)).to.deep.include({ ok: false, why: 'refused' });
  });
});
