import { expect } from 'chai';
import { parse } from 'yaml';
import type { Exporter, ExportInput } from '../../lib/interfaces/exporters/exporter.ts';
import { exporters } from '../../lib/interfaces/exporters/registry.ts';
import { toInput } from './rig.ts';

/** db ◄─ api ┄► mail; migrate is a task. Nothing in it is what would be so without it. */
const full = {
  name: 'full',
  max_parallel: 2,
  boot_timeout: '2m',
  shutdown_deadline: '20s',
  clean: ['tmp/**'],
  hooks: { before_up: 'echo up', after_down: 'echo down' },
  notify: [{ url: 'https://hooks.example.com/x' }],
  services: {
    db: { command: 'db', port: 5432, health: { http: 'http://localhost:5432/' } },
    mail: { command: 'mail', port: 2525 },
    migrate: { type: 'task', command: 'migrate', inputs: ['src/**'], health_timeout: '5m' },
    api: {
      label: 'The API',
      image: 'api:1',
      build: { context: 'api', dockerfile: 'api.Dockerfile', args: { A: 'b' }, target: 'last' },
      expose: true,
      resources: { cpu: '250m', limits: { memory: '1GiB' } },
      command: 'api --fast',
      cwd: 'packages/api',
      env: { PLAIN: 'x' },
      ports: { main: 3000, admin: 3001 },
      port_conflict: 'next',
      port_range: '3000-3010',
      host: '0.0.0.0',
      depends_on: {
        db: { condition: 'started', required: false, wait_up_to: '4s', on_loss: 'stop', restart: true },
        mail: { condition: 'started' },
      },
      optional: true,
      startup_delay: '2s',
      wait_before_start: '300ms',
      health_timeout: '30s',
      health: {
        http: 'http://localhost:3000/health',
        method: 'HEAD',
        headers: { Accept: 'text/plain' },
        status: [204],
        interval: '7s',
        timeout: '3s',
        retries: 9,
        successes: 4,
      },
      ready: {
        http: 'http://localhost:3000/ready',
        method: 'POST',
        headers: { A: 'b' },
        status: [201],
        body_matches: 'ok',
        successes: 2,
      },
      restart: {
        policy: 'always',
        delay: '3s',
        max_delay: '9s',
        factor: 3,
        max: 7,
        window: '2m',
        on_unhealthy: true,
        never_on: [78],
      },
      stop: { signal: 'SIGINT', timeout: '20s', command: 'api stop' },
      watch: { files: ['src/**'], debounce: '1s' },
      profiles: ['web'],
      hooks: {
        before_start: { command: 'echo a', timeout: '5s' },
        after_ready: 'echo b',
        before_stop: 'echo c',
        after_stop: 'echo d',
      },
      clean: ['cache/**'],
      log: { file: 'logs/other.log', max_size: '1MB', keep: 2, split: true },
    },
  },
};

/** Parts of what is told as a whole. */
const told: Readonly<Record<string, readonly RegExp[]>> = {
  compose: [
    /\.(?:log|resources|watch|hooks)\./,
    /\.port_range$/,
    /\.restart\.(?:delay|max_delay|factor|window|max)$/,
    /\.ready\./,
  ],
  // The host is only in addresses, of which there are none here.
  systemd: [/\.(?:log|resources|watch|build)\./, /\.(?:port_range|host)$/, /\.restart\.(?:max_delay|factor)$/, /\.api\.health\b/],
  procfile: [
    /\.(?:log|resources|watch|hooks|build|depends_on|stop)\./,
    /\.(?:port_range|host)$/,
    /\.(?:restart|health|ready)(?:\.|$)/,
  ],
};

describe('no exporter drops in silence what a file says', () => {
  for (const exporter of exporters.filter(({ format }) => ['compose', 'systemd', 'procfile'].includes(format)))
    it(`${exporter.format}: each setting that is taken away changes what is written, or what is told as lost`, async () => {
      const whole = toPrint(exporter, await read(full));
      const silent: string[] = [];
      for (const { path, without } of takeAway(full)) {
        const input = await read(without);
        if (input !== null && toPrint(exporter, input) === whole) silent.push(path);
      }
      const parts = told[exporter.format] ?? [];
      expect(silent.filter((path) => !parts.some((pattern) => pattern.test(path)))).to.deep.equal([]);
    });
});

/** Null: without it the file would have a mistake. */
const read = async (content: unknown): Promise<ExportInput | null> => {
  try {
    return await toInput(content, { allProfiles: true });
  } catch {
    return null;
  }
};

/** What whoever runs it there has of it: `x-muster` is for muster alone. */
const toPrint = ({ format, toFiles }: Exporter, input: ExportInput | null): string => {
  if (input === null) throw new Error('the stack is broken');
  const root = input.stack.root;
  const { files, losses } = toFiles(input);
  const texts = files.map(({ text }) => (format === 'compose' && text.includes('services:') ? withoutExtensions(text) : text));
  return JSON.stringify([texts, losses]).replaceAll(root, '.');
};

const withoutExtensions = (text: string): string =>
  JSON.stringify(parse(text), (key, value: unknown) => (key === 'x-muster' ? undefined : value));

type Taken = { readonly path: string; readonly without: unknown };

/** The content without one of its settings, for each that there is. */
const takeAway = (content: object, path: readonly string[] = []): readonly Taken[] =>
  Object.entries(content).flatMap(([key, value]: [string, unknown]) => {
    const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
    const here = [...path, key];
    const { [key]: _, ...without } = content as Record<string, unknown>;
    const inner = isMap
      ? takeAway(value, here).map((taken) => ({ ...taken, without: { ...content, [key]: taken.without } }))
      : [];
    const isOwn = !['name', 'services'].includes(key) && !(path.at(-1) === 'services');
    return [...(isOwn ? [{ path: here.join('.'), without }] : []), ...inner];
  });
