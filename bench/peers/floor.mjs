// The limit on Node: the same as floor.c, in the same words.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

const services = readFileSync(process.argv[2] ?? '', 'utf8')
  .trim()
  .split('\n')
  .map((line) => line.split(' '))
  .map(([program, name, delay, port, events, needs]) => ({
    ...{ program, name, args: [name, delay, port, events] },
    ...{ missing: new Set(needs === '-' ? [] : needs.split(',')), child: null, dependents: [] },
  }));
const byName = new Map(services.map((service) => [service.name, service]));
for (const service of services) for (const need of service.missing) byName.get(need).dependents.push(service);

const start = (service) => {
  service.child = spawn(service.program, service.args, { stdio: ['ignore', 'pipe', 'inherit'] });
  service.child.stdout.once('data', () => {
    for (const dependent of service.dependents) {
      dependent.missing.delete(service.name);
      if (dependent.missing.size === 0) start(dependent);
    }
  });
};
for (const service of services) if (service.missing.size === 0) start(service);
for (const signal of ['SIGTERM', 'SIGINT'])
  process.once(signal, () => {
    for (const { child } of services) child?.kill('SIGTERM');
  });
