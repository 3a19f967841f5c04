import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { keepProbe, ownWords, tellKept } from '../../lib/domain/kept-failure.ts';
import { createProject, runMuster } from '../support/cli.ts';
import { startStack, toYaml } from '../support/stack-rig.ts';
import { aProbe, aService } from '../support/stacks.ts';

const next = (text: string): string | undefined => /next: (.*)/.exec(text)?.[1];

const answers = (status: number): readonly string[] => [
  'node',
  '-e',
  `console.log('up'); require('node:http').createServer((_, to) => to.writeHead(${status}, 'my secret words').end()).listen(process.env.PORT, '127.0.0.1')`,
];

describe('muster why, after a boot that has ended', () => {
  it('a URL that answers 404: the answer, the address and the advice are those of the boot; what the service said is not remembered', async () => {
    const api = { command: answers(404), port: 'auto', restart: 'no', health_timeout: '8s' };
    const health_url = `http://127.0.0.1:\${api.port}/healthz`;
    const { folder } = createProject({ 'services.yaml': toYaml({ api: { ...api, health_url } }) });
    const boot = await runMuster(['up'], { cwd: folder });
    expect(next(boot.stdout), boot.stdout).to.match(/^correct the health_url of api: it answers 404 my secret words there;/);
    const told = (await runMuster(['why', 'api'], { cwd: folder })).stdout;
    expect(told).to.match(
      /✗ api was not ready within 8\.0 s: 404 \(asked http:\/\/127\.0\.0\.1:\d+\/healthz\)\n {2}last lines of logs\/api\.log:\n/,
    );
    expect(next(told)).to.equal('correct the health_url of api: it answers 404 there; then muster up');
    expect(readFileSync(join(folder, '.server_memory.json'), 'utf8')).not.to.match(/secret words|healthz/);
  });

  it('one that listens elsewhere: where, and the port to be declared', async () => {
    const command = ['node', '-e', "console.log('up'); require('node:net').createServer().listen(0, '127.0.0.1')"];
    const services = toYaml({ w: { command, port: 'auto', restart: 'no', health_timeout: '8s' } });
    const { folder } = createProject({ 'services.yaml': services });
    const boot = await runMuster(['up'], { cwd: folder });
    const told = (await runMuster(['why', 'w'], { cwd: folder })).stdout;
    expect(told).to.match(
      /within 8\.0 s: connection refused \(asked 127\.0\.0\.1:\d+\); it declares port \d+, but listens on \d+\n/,
    );
    expect(next(told))
      .to.equal(next(boot.stdout))
      .and.to.match(/^declare port \d+ for w,/);
  });

  it('a boot that was interrupted: where each was, and what kept it there', async () => {
    // Long enough for its answer to come on a busy machine, and then a wait in which it is interrupted.
    const api = { command: answers(404), port: 'auto', health_timeout: '8s', restart: { delay: '60s', max_delay: '60s' } };
    const up = startStack({
      api: { ...api, health_url: `http://127.0.0.1:\${api.port}/helth` },
      web: { command: 'sleep 600', depends_on: ['api'] },
      db: { command: 'sleep 600', startup_delay: '1ms' },
    });
    await up.event('serviceRestarting', 'api');
    await up.stop();
    const { folder } = up.project;
    const told = (await runMuster(['why', 'web'], { cwd: folder })).stdout;
    expect(told.split('\n')[1]).to.match(/^the last boot, at .*, was interrupted$/);
    expect(told).to.match(/\n\S web was not started yet, because it needs api\n/);
    expect(told).to.match(
      /\n *\S api was about to try again; it was not ready within 8\.0 s.*404 \(asked http:\/\/127\.0\.0\.1:\d+\/helth\)/,
    );
    expect(next(told)).to.match(/^correct the health_url of api: it answers 404 there; then muster up$/);
    expect((await runMuster(['why', 'db'], { cwd: folder })).stdout).to.equal('nothing is running here; "muster up" starts it\n');
  });

  it('a service that the file does not have is unknown, also where nothing runs', async () => {
    const { folder } = createProject({ 'services.yaml': toYaml({ api: { command: 'sleep 600' } }) });
    const told = await runMuster(['why', 'apo'], { cwd: folder });
    expect(told).to.include({ code: 2, stdout: '' });
    expect(told.stderr).to.match(/unknown service "apo".*"api"/);
    expect((await runMuster(['why', 'apo', '--json'], { cwd: folder })).code).to.equal(2);
  });

  it('of what a check said, only words of ours are kept; of what was asked, whether its file still says so', () => {
    for (const [text, kept] of [
      ['connection refused (asked 127.0.0.1:80)', 'connection refused'],
      ['404 Not Found', '404 Not Found'],
      ['404 Token hunter2', '404'],
      ['no answer in 1 s', 'no answer in 1 s'],
      ['exited with code 1: password hunter2', 'exited with code 1'],
      ['password hunter2', null],
      ['40400', null],
    ] as const)
      expect(ownWords(text), text).to.equal(kept);
    const at = (url: string) => {
      const probe = aProbe({
        check: { kind: 'http', url, method: 'GET', headers: {}, status: [[200, 299]], bodyMatches: null } as never,
      });
      return aService('api', { ready: probe, health: probe });
    };
    const before = at('http://a.example/x');
    const kept = keepProbe('404 Not Found (asked http://a.example/x)', { service: before, port: null });
    expect(tellKept(kept, before)).to.equal('404 Not Found (asked http://a.example/x)');
    expect(tellKept(kept, at('http://a.example/y'))).to.equal('404 Not Found');
    expect(tellKept(kept, undefined)).to.equal('404 Not Found');
  });
});
