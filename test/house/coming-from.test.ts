import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { loadStack } from '../../lib/config/load.ts';
import { formatDiagnostic } from '../../lib/domain/diagnostic.ts';
import * as library from '../../lib/index.ts';
import { commands } from '../../lib/interfaces/cli/registry.ts';
import { commonOptions } from '../../lib/interfaces/cli/spec.ts';
import { readText } from './project.ts';

const page = readText('docs/coming-from.md');
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('|---'))
  .map((line) => line.slice(2, -2).split(' | '));
/** What stands in code on our side of each row. */
const ours = rows.flatMap(([, text = '']) => [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code));

/** Every system of issue 4, and what each did that somebody would look for. */
const wanted: Readonly<Record<string, readonly RegExp[]>> = {
  'A server manager for Node servers': [
    /3000.*3001.*3002/,
    /development.*test.*production/,
    /hot reload/,
    /`!`.*gitignore/,
    /500 ms debounce/,
    /loop/,
    /start all, start one/,
    /stop all/,
    /restart all/,
    /every 5 s/,
    /1, 2, 4, 8, 16 s; at most 5 in 60 s/,
    /SIGTERM, 5 s, SIGKILL/,
    /JSON, refreshed every 2 s/,
    /PORT_WEB=4000/,
    /health timeout for all/,
    /sleep 3/,
  ],
  'An always-on daemon': [/outlive the terminal/, /log for each/, /last 50 lines/, /restart of one while/, /remembers what ran/],
  'The process layer of an admin dashboard': [
    /typed orchestrator/,
    /services as code/,
    /process manager/,
    /monitor/,
    /state/,
    /typed events/,
    /async iterator/,
    /orphans found and ended/,
    /corrupt state/,
    /without a command line or a browser/,
  ],
  'A memory manager for a Python stack': [
    /backend on 8000/,
    /3001.*5173/,
    /redis on 6379/,
    /Celery worker and beat/,
    /why/,
    /warm start/,
    /caches and temporary files/,
  ],
  'A manager of FastAPI servers': [
    /force start/,
    /next free port/,
    /replicas/,
    /all or nothing/,
    /identity/,
    /process groups/,
    /stdout and stderr apart/,
    /host and port for each environment/,
    /container/,
    /systemd/,
    /diagnosis/,
    /recovery/,
  ],
  pm2: [/ecosystem/],
  supervisord: [/supervisorctl/],
  'process-compose': [/readiness_probe/],
  'Docker Compose': [/healthcheck/],
  'foreman and its family': [/Procfile/],
};

describe('docs/coming-from.md', () => {
  it('has a row for every command and setting of the systems that came before', () => {
    for (const [title, patterns] of Object.entries(wanted)) {
      const [, section] = page.split(`\n## ${title}\n`);
      expect(section, title).not.to.equal(undefined);
      const theirs =
        (section ?? '')
          .split('\n## ')[0]
          ?.split('\n')
          .filter((line) => line.startsWith('| ')) ?? [];
      for (const pattern of patterns)
        expect(
          theirs.filter((line) => pattern.test(line)),
          `${title}: ${pattern}`,
        ).not.to.deep.equal([]);
    }
  });

  it('names only commands and options that there are', () => {
    for (const code of ours) {
      const [, line] = /(?:^|\s)muster (.+)$/.exec(code) ?? [];
      if (line === undefined) continue;
      const [own = ''] = line.split(' -- ');
      const [name = '', ...words] = own.split(' ');
      const spec = commands.find((command) => command.name === name);
      expect(spec?.load ?? null, code).not.to.equal(null);
      const options = { ...spec?.options, ...commonOptions };
      for (const word of words.filter((each) => each.startsWith('-'))) {
        const isKnown = Object.entries(options).some(([long, { short }]) => word === `--${long}` || word === `-${short}`);
        expect(isKnown, `${code}: ${word}`).to.equal(true);
      }
    }
  });

  it('names only parts of the library that there are', () => {
    const called = ours.flatMap((code) => /^(create\w+|from\w+)\(/.exec(code)?.[1] ?? []);
    expect(called).to.include.members(['createStack', 'createProcessManager', 'createMonitor', 'createStateStore']);
    for (const name of called) expect(Object.keys(library), name).to.include(name);
    const events = ours.filter((code) => /^(service|stack|orphan|port|health|state)[A-Z]\w+$/.test(code));
    expect(events.length).to.be.greaterThan(10);
    for (const name of events) expect(library.stackEventTypes, name).to.include(name);
  });

  it('shows only settings that services.yaml takes as they are written', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'muster-coming-from-'));
    try {
      const settings = ours.filter((code) => /^\w+: /.test(code) && !code.includes('…'));
      expect(settings.length).to.be.greaterThan(20);
      for (const setting of settings) {
        const own = setting.replaceAll(/\$\{\w+\.(url|port|host)\}/g, (_, what: string) => `\${x.${what}}`);
        const rest = [...(/^command\b/.test(own) ? [] : ['command: node x.mjs']), ...(/^port\b/.test(own) ? [] : ['port: 4000'])];
        const isOfStack = /^(services|environments)\b/.test(own);
        const api = 'services: {api: {command: node x.mjs}}';
        // What stands under "services" is shown with names in the place of values.
        const ofStack = own.startsWith('services') ? [api] : [api, own];
        const ofService = ['services:', '  x:', ...[...rest, own].map((line) => `    ${line}`)];
        const text = (isOfStack ? ofStack : ofService).join('\n');
        writeFileSync(path.join(folder, 'services.yaml'), text);
        const env = { PATH: path.dirname(process.execPath) };
        const options = { file: 'services.yaml', cwd: folder, env, environment: 'production', profiles: [], only: [] };
        const { diagnostics } = await loadStack({ ...options, checkSystem: false });
        const errors = diagnostics.filter(({ severity }) => severity === 'error').map(formatDiagnostic);
        expect(errors, `${setting}\n${text}`).to.deep.equal([]);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
