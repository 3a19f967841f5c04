import { spawn, spawnSync } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { parse } from 'yaml';
import type { Loss } from '../../lib/interfaces/exporters/exporter.ts';
import { toExtension, toStackExtension } from '../../lib/interfaces/exporters/extension.ts';
import { exporters } from '../../lib/interfaces/exporters/registry.ts';
import { importFiles } from '../importers/rig.ts';
import { aProbe, aService, aStack } from '../support/stacks.ts';
import { toInput } from './rig.ts';

type File = {
  readonly services: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly 'x-muster'?: unknown;
};

const toCompose = async (content: unknown, folder?: string): Promise<{ text: string; file: File; losses: readonly Loss[] }> => {
  const exporter = exporters.find(({ format }) => format === 'compose');
  const input = await toInput(content);
  const exported = exporter?.toFiles({ ...input, ...(folder === undefined ? {} : { folder: `${input.stack.root}/${folder}` }) });
  const text = exported?.files[0]?.text ?? '';
  return { text, file: parse(text) as File, losses: exported?.losses ?? [] };
};

const testOf = ({ services }: File, name: string): readonly string[] =>
  (services[name]?.['healthcheck'] as { readonly test: readonly string[] } | undefined)?.test ?? [];

const told = (losses: readonly Loss[], service: string | null): readonly string[] =>
  losses.filter((loss) => loss.service === service).map(({ text }) => text);

describe('muster export compose', () => {
  it('a service that is never restarted is not restarted for ever there: on-failure:0 has no end in Docker', async () => {
    const restart = { policy: 'on-failure', max: 0 };
    const { file } = await toCompose({ services: { a: { command: 'x', restart }, b: { command: 'x' } } });
    expect(file.services['a']?.['restart']).to.equal('no');
    expect(file.services['b']?.['restart']).to.equal('on-failure:5');
  });

  it('asks for each image by a variable that is valid, and of no other service', async () => {
    const command = { command: 'x' };
    const { file, losses } = await toCompose({
      services: { '2web': command, 'a.b': command, a_b: command, 'a-b': { ...command, image: 'a:1' } },
    });
    const asked = Object.values(file.services).map(({ image }) => /^\$\{(\w+):\?/.exec(String(image))?.[1] ?? image);
    expect(asked).to.deep.equal(['_2WEB_IMAGE', 'A_B_IMAGE', 'A_B_IMAGE_2', 'a:1']);
    expect(told(losses, 'a_b')).to.include('its image: Compose runs containers, and asks for A_B_IMAGE_2');
  });

  it('a folder that is built is found from where the file will lie', async () => {
    const services = { a: { build: 'api', command: 'x' }, b: { build: '.', command: 'x' } };
    const contexts = async (folder?: string): Promise<unknown> =>
      Object.values((await toCompose({ services }, folder)).file.services).map(
        ({ build }) => (build as { context: string }).context,
      );
    expect(await contexts()).to.deep.equal(['api', '.']);
    expect(await contexts('deploy')).to.deep.equal(['../api', '..']);
    expect(await contexts('api/deploy')).to.deep.equal(['..', '../..']);
  });

  it('what is said of the whole stack travels as x-muster, and is told as lost, as are replicas and a readiness of its own', async () => {
    const { file, losses } = await toCompose({
      name: 'shop',
      max_parallel: 2,
      boot_timeout: '1m',
      clean: ['tmp/**'],
      hooks: { before_up: 'echo hi' },
      notify: [{ url: 'https://hooks.example.com/canary', secret: 'canary' }],
      services: {
        api: { command: 'x', replicas: 2 },
        web: { command: 'x', port: 80, health: { tcp: true }, ready: { log: 'up' } },
      },
    });
    expect(file['x-muster']).to.deep.equal({
      max_parallel: 2,
      boot_timeout: '1m',
      clean: ['tmp/**'],
      hooks: { before_up: ['echo', 'hi'] },
    });
    expect(told(losses, null)).to.deep.equal([
      '"max_parallel": as many start at once as can',
      '"boot_timeout"',
      '"clean" of the stack',
      'the hooks of the stack (before_up)',
      '"notify"',
    ]);
    expect(told(losses, 'api-2')).to.include('that it is one of the replicas of "api": it is a service of its own there');
    expect(told(losses, 'web')).to.include('that it is ready by log, not by its health: Compose has one check for both');
  });

  it('paths in x-muster start from where the file will lie', () => {
    const service = aService('a', {
      cwd: '/p',
      clean: { folder: '/p/sub', globs: ['tmp/**', '!tmp/keep'] },
      log: { ...aService('a').log, file: '/p/logs/other.log' },
      ready: aProbe({ check: { kind: 'file', path: '/p/run/up' } }),
    });
    const stack = aStack([service], { root: '/p', clean: [{ folder: '/p', globs: ['dist'] }] });
    const log = { file: 'logs/other.log' };
    const inProject = toExtension(service, stack, '/p');
    expect(inProject)
      .to.deep.include({ log, clean: ['sub/tmp/**', '!sub/tmp/keep'] })
      .and.not.to.have.property('cwd');
    expect(inProject['ready']).to.include({ file: 'run/up' });
    const beside = toExtension(service, stack, '/p/deploy');
    expect(beside).to.deep.include({
      cwd: '..',
      log: { file: '../logs/other.log' },
      clean: ['../sub/tmp/**', '!../sub/tmp/keep'],
    });
    expect(beside['ready']).to.include({ file: '../run/up' });
    expect(toStackExtension(stack, '/p/deploy')['clean']).to.deep.equal(['../dist']);
  });

  it('the file of a log comes back, the time that a task has, and a folder that is not the one that is built', async () => {
    const log = { file: 'logs/other.log' };
    const { text, file, losses } = await toCompose({
      services: {
        a: { image: 'a:1', command: 'x', log, clean: ['tmp/**'] },
        b: { build: 'api', command: 'x' },
        c: { image: 'c:1', command: 'x', type: 'task', health_timeout: '60s' },
      },
    });
    expect(file.services['a']?.['x-muster']).to.deep.equal({ log, clean: ['tmp/**'] });
    expect(told(losses, 'a')).to.include.members(['"log"', '"clean"']);
    const back = (await importFiles({ 'compose.yaml': text })).stack;
    expect(back?.services.get('a')?.log.file).to.equal(`${back?.root ?? ''}/logs/other.log`);
    expect(back?.services.get('b')?.cwd).to.equal(back?.root);
    expect(back?.services.get('c')?.healthTimeout).to.equal(60_000);
  });

  it('a check by HTTP asks as it did here: method, headers, and which status is well', async function () {
    if (spawnSync('curl', ['--version']).status !== 0) return this.skip();
    let answer = 200;
    const seen: string[] = [];
    const server = createServer((request, response) => {
      seen.push(`${request.method} ${String(request.headers['x-ask'])}`);
      response.writeHead(answer, { location: '/elsewhere' }).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const http = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
      const verdicts = async (health: object): Promise<readonly number[]> => {
        const { file } = await toCompose({
          services: { a: { image: 'a:1', command: 'x', health: { http, timeout: '60s', ...health } } },
        });
        const [, line = ''] = testOf(file, 'a');
        const codes: number[] = [];
        for (answer of [200, 204, 302, 404]) codes.push(await runLine(line.replaceAll('$$', '$')));
        return codes.map((code) => (code === 0 ? 0 : 1));
      };
      expect(await verdicts({ method: 'POST', headers: { 'X-Ask': "it's $1" } })).to.deep.equal([0, 0, 1, 1]);
      expect(seen[0]).to.equal("POST it's $1");
      expect(await verdicts({ method: 'HEAD', status: [204, '300-399'] })).to.deep.equal([1, 0, 0, 1]);
      expect(seen.at(-1)).to.match(/^HEAD /);
      expect(await verdicts({ status: 404 })).to.deep.equal([1, 1, 1, 0]);
    } finally {
      server.close();
    }
  });

  it('says what of a check is left behind', async () => {
    const http = 'http://127.0.0.1:80/';
    const { file, losses } = await toCompose({
      services: {
        plain: { command: 'x', port: 80, health: { http, headers: { A: 'b' } } },
        odd: { command: 'x', health: { http, method: 'HEAD', body_matches: 'ok', successes: 2 } },
      },
    });
    expect(testOf(file, 'plain')[1]).to.match(
      /^wget -q -T 1 -O \/dev\/null --header 'A: b' http:\/\/127\.0\.0\.1:80\/ \|\| \{ code=/,
    );
    expect(told(losses, 'plain')).to.include('that a redirect is not healthy: wget goes on to where it leads');
    expect(told(losses, 'odd')).to.include.members([
      '"body_matches" of its check: only the status of the answer counts there',
      '"successes" of its check: one is enough there',
      'that nothing has to be in its image for its check: only curl has such a method, and tells a status',
    ]);
  });
});

/** Not the synchronous one: the server is in this process. */
const runLine = async (line: string): Promise<number> => {
  const child = spawn('/bin/sh', ['-c', line], { stdio: 'ignore' });
  return await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? -1));
  });
};
