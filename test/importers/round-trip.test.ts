import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { buildGraph } from '../../lib/domain/graph.ts';
import type { Stack } from '../../lib/domain/service.ts';
import { exporters } from '../../lib/interfaces/exporters/registry.ts';
import { hostileValues } from '../exporters/hostile.ts';
import { toInput } from '../exporters/rig.ts';
import { importFiles } from './rig.ts';

const root = join(import.meta.dirname, '..', '..');

const exportCompose = (stack: Stack, secrets: ReadonlyMap<string, ReadonlySet<string>> = new Map()): string => {
  const exporter = exporters.find(({ format }) => format === 'compose');
  const { files } = exporter?.toFiles({ stack, graph: buildGraph(stack.services), secrets, muster: [] }) ?? { files: [] };
  return files[0]?.text ?? '';
};

/** Everything of a stack but where it lies, and what is made of that. */
const toComparable = (stack: Stack | null): unknown => {
  const services = [...(stack?.services.values() ?? [])].map(({ definitionHash: _, cwd, ...service }) => ({
    ...service,
    cwd: cwd.replace(stack?.root ?? '', '.'),
  }));
  return JSON.parse(JSON.stringify(services).replaceAll(stack?.root ?? '?', '.')) as unknown;
};

/** What is said of the stack itself. */
const ofStack = (stack: Stack | null): unknown => {
  if (stack === null) return null;
  const { name, maxParallel, bootTimeout, shutdownDeadline, clean, hooks, root: folder } = stack;
  const all = { name, maxParallel, bootTimeout, shutdownDeadline, clean, hooks: hooks.commands };
  return JSON.parse(JSON.stringify(all).replaceAll(folder, '.')) as unknown;
};

describe('services.yaml → compose → services.yaml', () => {
  it('the demo comes back with the same graph and the same services', async () => {
    const { stack } = await loadText(readFileSync(join(root, 'services.yaml'), 'utf8'));
    if (stack === null) throw new Error('the demo is broken');
    const back = await importFiles({ 'compose.yaml': exportCompose(stack) });
    expect(back.diagnostics.filter(({ severity }) => severity === 'error')).to.deep.equal([]);
    if (back.stack === null) throw new Error('nothing came back');
    expect(buildGraph(back.stack.services).order).to.deep.equal(buildGraph(stack.services).order);
    const [now, before] = [back.stack, stack].map(toComparable);
    expect(now).to.deep.equal(before);
  });

  it('a stack with everything in it comes back as it was', async () => {
    const { stack } = await toInput({
      name: 'everything',
      max_parallel: 3,
      boot_timeout: '2m',
      shutdown_deadline: '40s',
      clean: ['dist/**', '!dist/keep'],
      hooks: { before_up: 'echo "a b" && echo $HOME', after_down: { command: ['echo', '$$b'], timeout: '5s' } },
      services: {
        db: {
          image: 'db:1',
          command: 'db --fast',
          ports: { main: 5432, admin: 6432 },
          host: '0.0.0.0',
          port_conflict: 'next',
          port_range: '5432-5440',
          health: { tcp: true, interval: '2s', retries: 5 },
          ready: { log: 'ready to accept \\(now\\)' },
          restart: { policy: 'always', delay: '3s', max: 9, on_unhealthy: true, never_on: [78] },
          stop: { signal: 'SIGINT', timeout: '20s', command: 'db stop' },
          resources: { cpu: '250m', memory: '256MiB', limits: { memory: '1GiB' } },
          expose: 'db.example.com',
        },
        migrate: {
          type: 'task',
          command: ['node', 'a b.js', '$x'],
          inputs: ['src/**'],
          depends_on: ['db'],
          health_timeout: '5m',
        },
        api: {
          label: 'The API',
          build: '.',
          command: 'node api.js && echo done',
          cwd: 'packages/api',
          port: 3000,
          env: { DB: '@{db.host}:@{db.port}', SELF: '@{api.url}', PLAIN: 'a $b ${c}' },
          health: { http: '@{api.url}/health', status: ['200-299', 304], headers: { A: 'b' }, body_matches: 'ok' },
          depends_on: {
            migrate: { condition: 'completed', on_loss: 'ignore' },
            db: { condition: 'healthy', required: false, wait_up_to: '4s', on_loss: 'restart', restart: true },
          },
          startup_delay: '2s',
          wait_before_start: '300ms',
          watch: { files: ['src/**', '!**/*.test.ts'], debounce: '1s', enabled: true },
          hooks: { before_start: 'echo hi', after_ready: { command: ['echo', 'there'], timeout: '5s' } },
          log: { max_size: '1MB', keep: 2, split: true },
          profiles: [],
        },
        worker: { command: 'node worker.js', ready: { notify: true }, optional: true, restart: 'no', clean: ['tmp/**'] },
      },
    });
    const back = await importFiles({ 'compose.yaml': exportCompose(stack) });
    expect(back.diagnostics.filter(({ severity }) => severity === 'error')).to.deep.equal([]);
    expect(toComparable(back.stack)).to.deep.equal(toComparable(stack));
    expect(ofStack(back.stack)).to.deep.equal(ofStack(stack));
  });

  it('a file that is imported from a folder above keeps its paths', async () => {
    const { stack } = await toInput({
      services: {
        api: { image: 'x', command: 'node api.js', cwd: 'api', watch: ['src/**'], clean: ['tmp/**', '!tmp/keep'], build: 'api' },
        web: { image: 'x', command: 'node web.js', optional: true },
      },
    });
    const { text, diagnostics } = await importFiles({ 'rt/compose.yaml': exportCompose(stack), 'rt/api/x': '' });
    expect(diagnostics.filter(({ severity }) => severity === 'error')).to.deep.equal([]);
    const { services } = parse(text ?? '') as { services: Record<string, Record<string, unknown>> };
    expect(services['api']).to.deep.include({
      cwd: 'rt/api',
      clean: ['rt/tmp/**', '!rt/tmp/keep'],
      build: 'rt/api',
      watch: ['src/**'],
    });
    expect(services['web']).to.deep.include({ cwd: 'rt', optional: true });
  });

  it('forty hostile values come back as they were, in variables and arguments', async () => {
    const variables = Object.fromEntries(hostileValues.map((value, index) => [`V${index}`, value]));
    const args = hostileValues.filter((value) => value !== '');
    const { stack } = await toInput({ services: { api: { command: ['/usr/bin/printf', ...args], env: variables } } });
    const back = await importFiles({ 'compose.yaml': exportCompose(stack) });
    const api = back.stack?.services.get('api');
    for (const [name, value] of Object.entries(variables)) expect(api?.env[name], name).to.equal(value);
    expect(api?.command).to.deep.equal({ kind: 'direct', program: '/usr/bin/printf', args });
  });
});

const loadText = async (text: string): Promise<{ stack: Stack | null }> => {
  // Variables of the demo have defaults; written out, the text is the one of a machine on which none is set.
  const filled = text.replaceAll(/\$\{[A-Z_]+:-(\d+)\}/g, '$1');
  return await toInputAsWritten(parse(filled));
};

const toInputAsWritten = async (content: unknown): Promise<{ stack: Stack }> => {
  // The rig of the exporters doubles each `$`; "@{" is its way to write one that is meant.
  const asMeant = JSON.parse(JSON.stringify(content).replaceAll('${', '@{')) as unknown;
  return await toInput(asMeant);
};
