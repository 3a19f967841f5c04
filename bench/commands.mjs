// `npm run bench -- commands`: what it costs to ask a stack of twenty services, as whole processes, each against a bare
// `node -e 0` that ran directly before it. The services ask for nothing, so that nobody but the command uses the machine.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { cli, makeFolder, median, timeCommand } from './rig.mjs';

/** Node itself starts twice as fast from 22 on, and the same milliseconds are more of it. */
const quick = Number(process.versions.node.split('.')[0]) < 22 ? 1.3 : 1.5;

const pairs = Number(process.env.BENCH_PAIRS ?? 21);
const folder = makeFolder();
const names = Array.from({ length: 20 }, (_, index) => `s${index}`);
const services = names.map(
  (name, index) =>
    `  ${name}:\n    command: sh -c "echo hello; exec sleep 100000"\n${index === 0 ? '' : `    depends_on: [s${index >> 1}]\n`}`,
);
writeFileSync(path.join(folder, 'services.yaml'), `services:\n${services.join('')}`);

const muster = (...args) => execFileSync(process.execPath, [cli, ...args], { cwd: folder, stdio: 'ignore' });

const measure = (what, args, limit) => {
  muster(...args);
  const ratios = [];
  const times = [];
  for (let pair = 0; pair < pairs; pair += 1) {
    const bare = timeCommand(process.execPath, ['-e', '0']);
    const ours = timeCommand(process.execPath, [cli, ...args], { cwd: folder });
    ratios.push(ours / bare);
    times.push(ours);
  }
  return { what: `${what}, 20 services ÷ node -e 0`, ratio: median(ratios), limit, note: `${median(times).toFixed(0)} ms` };
};

const measureAll = () => {
  muster('up', '-d');
  try {
    const rows = [
      measure('status', ['status'], quick),
      measure('logs --tail 5', ['logs', '--tail', '5'], quick),
      measure('up -d of a healthy unchanged stack', ['up', '-d'], 2.5),
    ];
    muster('stop', 's19');
    return [...rows, measure('stop of something stopped', ['stop', 's19'], quick)];
  } finally {
    muster('down');
  }
};

export const rows = measureAll();
