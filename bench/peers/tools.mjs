// How each tool is told the same services: [{ name, delay, port, needs }]. Whatever it can say about their order, it is told.
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { cli } from '../rig.mjs';
import { debBin, debLib, isOnPath, npmBin, versionOfDebian, versionOfNpm } from './install.mjs';

/**
 * `prepare` writes the files into `folder` and answers how to begin: `command`, and where a signal is not the way, how to `stop`. `order`:
 * "own" where the tool knows dependencies, "by hand" where each service's script waits for them, "none". `status` tells what runs.
 */
const write = (folder, file, text, mode) => {
  const at = path.join(folder, file);
  mkdirSync(path.dirname(at), { recursive: true });
  writeFileSync(at, text);
  if (mode !== undefined) chmodSync(at, mode);
};
const commandOf = ({ name, delay, port }, { program, events }) => [program, name, String(delay), String(port), events];
const node = process.execPath;

const toGraph = (folder, services, facts) => {
  const lines = services.map((one) => `${commandOf(one, facts).join(' ')} ${one.needs.length === 0 ? '-' : one.needs.join(',')}`);
  write(folder, 'graph', `${lines.join('\n')}\n`);
  return path.join(folder, 'graph');
};

const procfile = (folder, services, facts) =>
  write(folder, 'Procfile', services.map((one) => `${one.name}: ${commandOf(one, facts).join(' ')}\n`).join(''));

export const tools = [
  {
    name: 'limit in C',
    order: 'own',
    version: () => '',
    prepare: (folder, services, facts) => ({ command: [facts.floor, toGraph(folder, services, facts)] }),
  },
  {
    name: 'limit on Node',
    order: 'own',
    version: () => process.version,
    prepare: (folder, services, facts) => ({
      command: [node, path.join(import.meta.dirname, 'floor.mjs'), toGraph(folder, services, facts)],
    }),
  },
  {
    name: 'muster',
    order: 'own',
    version: () => 'this',
    prepare: (folder, services, facts) => {
      const text = services.map((one) => {
        const port = one.port === 0 ? '' : `\n    port: ${one.port}`;
        const ready = one.port === 0 ? '\n    ready: {notify: true}' : '';
        return `  ${one.name}:\n    command: ${JSON.stringify(commandOf(one, facts))}${port}${ready}\n    depends_on: [${one.needs.join(', ')}]\n`;
      });
      write(folder, 'services.yaml', `defaults:\n  restart: {policy: always, delay: 1ms}\nservices:\n${text.join('')}`);
      return { command: [node, cli, 'up'], status: [node, cli, 'status'] };
    },
  },
  {
    name: 'wireit',
    order: 'own',
    version: () => versionOfNpm('wireit'),
    prepare: (folder, services, facts) => {
      const scripts = Object.fromEntries([...services.map(({ name }) => [name, 'wireit']), ['all', 'wireit']]);
      const parts = services.map((one) => [
        one.name,
        { command: commandOf(one, facts).join(' '), service: { readyWhen: { lineMatches: 'ready' } }, dependencies: one.needs },
      ]);
      const all = { dependencies: services.map(({ name }) => name) };
      write(folder, 'package.json', JSON.stringify({ scripts, wireit: { ...Object.fromEntries(parts), all } }));
      const bin = path.dirname(npmBin('wireit'));
      return { command: ['npm', 'run', '-s', 'all'], env: { PATH: `${bin}:${process.env.PATH}` }, group: true, signal: 'SIGINT' };
    },
  },
  {
    name: 's6',
    order: 'by hand',
    // Its programs look for each other in /usr/bin, so it must be installed there (apt-get install s6).
    version: () => (existsSync('/usr/bin/s6-supervise') ? 'of the system' : null),
    prepare: (folder, services, facts) => {
      for (const one of services) {
        const waits =
          one.needs.length === 0
            ? ''
            : `until s6-svwait -U ${one.needs.map((need) => `../${need}`).join(' ')} 2>/dev/null; do sleep 0.01; done\n`;
        write(folder, `scan/${one.name}/notification-fd`, '3\n');
        write(folder, `scan/${one.name}/run`, `#!/bin/sh\n${waits}NOTIFY_FD=3 exec ${commandOf(one, facts).join(' ')}\n`, 0o755);
      }
      const scan = path.join(folder, 'scan');
      const each = services.map(({ name }) => path.join(scan, name));
      return {
        command: ['s6-svscan', '-c', '1000', scan],
        status: ['sh', '-c', `for one in ${each.join(' ')}; do s6-svstat $one; done`],
      };
    },
  },
  {
    name: 'runit',
    order: 'by hand',
    version: () => versionOfDebian('runit'),
    prepare: (folder, services, facts) => {
      const scan = path.join(folder, 'scan');
      for (const one of services) {
        const waits = one.needs.map((need) => `sv start ${scan}/${need} >/dev/null || exit 1\n`).join('');
        write(folder, `scan/${one.name}/run`, `#!/bin/sh\n${waits}exec ${commandOf(one, facts).join(' ')}\n`, 0o755);
        if (one.port !== 0)
          write(folder, `scan/${one.name}/check`, `#!/bin/sh\nexec ${facts.program} --asks ${one.port}\n`, 0o755);
      }
      const each = services.map(({ name }) => path.join(scan, name));
      return {
        command: [path.join(debBin, 'runsvdir'), '-P', scan],
        env: { PATH: `${debBin}:${process.env.PATH}` },
        // SIGHUP ends what it supervises, SIGTERM only itself.
        signal: 'SIGHUP',
        status: [path.join(debBin, 'sv'), 'status', ...each],
      };
    },
  },
  {
    name: 'supervisord',
    order: 'none',
    version: () => (isOnPath('python3') ? versionOfDebian('supervisor') : null),
    prepare: (folder, services, facts) => {
      const socket = path.join(folder, 's.sock');
      const parts = services.map(
        (one, at) =>
          `[program:${one.name}]\ncommand=${commandOf(one, facts).join(' ')}\npriority=${at + 1}\nstartsecs=0\nautorestart=true\n`,
      );
      const conf = path.join(folder, 'supervisord.conf');
      write(
        folder,
        'supervisord.conf',
        `[supervisord]\nnodaemon=true\nminfds=4096\nlogfile=${folder}/s.log\npidfile=${folder}/s.pid\nchildlogdir=${folder}\n[unix_http_server]\nfile=${socket}\n[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface\n[supervisorctl]\nserverurl=unix://${socket}\n${parts.join('')}`,
      );
      const env = { PYTHONPATH: path.join(debLib, 'python3', 'dist-packages') };
      return {
        command: ['python3', '-m', 'supervisor.supervisord', '-c', conf],
        env,
        status: ['python3', '-m', 'supervisor.supervisorctl', '-c', conf, 'status'],
      };
    },
  },
  {
    name: 'pm2',
    order: 'none',
    version: () => versionOfNpm('pm2'),
    prepare: (folder, services, facts) => {
      const apps = services.map((one) => {
        const [script, ...args] = commandOf(one, facts);
        return { name: one.name, script, args, interpreter: 'none' };
      });
      write(folder, 'ecosystem.config.cjs', `module.exports = ${JSON.stringify({ apps })}`);
      const env = { PM2_HOME: path.join(folder, '.pm2'), PM2_DISABLE_VERSION_CHECK: 'true' };
      return {
        command: [node, npmBin('pm2'), 'start', 'ecosystem.config.cjs'],
        env,
        stop: [node, npmBin('pm2'), 'kill'],
        status: [node, npmBin('pm2'), 'status'],
      };
    },
  },
  {
    name: 'concurrently',
    order: 'none',
    version: () => versionOfNpm('concurrently'),
    prepare: (_folder, services, facts) => ({
      command: [
        node,
        npmBin('concurrently'),
        '--restart-tries',
        '-1',
        '--restart-after',
        '0',
        ...services.map((one) => commandOf(one, facts).join(' ')),
      ],
    }),
  },
  {
    name: 'foreman',
    order: 'none',
    version: () => versionOfNpm('foreman'),
    prepare: (folder, services, facts) => {
      procfile(folder, services, facts);
      return { command: [node, npmBin('nf'), 'start'], signal: 'SIGINT' };
    },
  },
  {
    name: 'turbo',
    order: 'none',
    version: () => versionOfNpm('turbo'),
    most: 100,
    prepare: (folder, services, facts) => {
      write(folder, 'package.json', JSON.stringify({ name: 'all', packageManager: 'npm@10.0.0', workspaces: ['packages/*'] }));
      write(folder, 'package-lock.json', JSON.stringify({ name: 'all', lockfileVersion: 3, packages: {} }));
      write(folder, 'turbo.json', JSON.stringify({ tasks: { dev: { persistent: true, cache: false } } }));
      for (const one of services)
        write(
          folder,
          `packages/${one.name}/package.json`,
          JSON.stringify({ name: one.name, version: '1.0.0', scripts: { dev: commandOf(one, facts).join(' ') } }),
        );
      return {
        command: [npmBin('turbo'), 'run', 'dev', '--ui=stream', `--concurrency=${services.length + 2}`],
        env: { TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1', CI: '1' },
        signal: 'SIGINT',
        group: true,
      };
    },
  },
  {
    name: 'mprocs',
    order: 'none',
    version: () => (isOnPath('script') ? versionOfNpm('mprocs') : null),
    prepare: (folder, services, facts) => {
      const procs = Object.fromEntries(services.map((one) => [one.name, { cmd: commandOf(one, facts) }]));
      write(folder, 'mprocs.json', JSON.stringify({ procs }));
      // It draws, and wants a terminal to draw on.
      return {
        command: ['script', '-qfc', `${npmBin('mprocs')} --config mprocs.json`, '/dev/null'],
        env: { TERM: 'xterm' },
        group: true,
      };
    },
  },
];

/** A process-compose that is given. */
const processCompose = process.env.PROCESS_COMPOSE;
if (processCompose !== undefined && existsSync(processCompose))
  tools.push({
    name: 'process-compose',
    order: 'own',
    version: () => 'given',
    prepare: (folder, services, facts) => {
      const processes = Object.fromEntries(
        services.map((one) => [
          one.name,
          {
            command: commandOf(one, facts).join(' '),
            ready_log_line: 'ready',
            depends_on: Object.fromEntries(one.needs.map((need) => [need, { condition: 'process_log_ready' }])),
          },
        ]),
      );
      write(folder, 'process-compose.yaml', JSON.stringify({ version: '0.5', processes }));
      return { command: [processCompose, 'up', '--tui=false', '-p', String(facts.spare)] };
    },
  });
