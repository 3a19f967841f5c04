// What a boot costs in checks of readiness, and how late it is seen, without memory and with it.
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { bootIn, findPorts, makeFolder, median } from './rig.mjs';

/** Services that open their port after 20 ms to 5 s. */
const starts = [20, 40, 60, 90, 130, 200, 300, 450, 700, 1000, 1400, 2000, 2800, 3800, 5000];

const quantile = (values, p) => [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(p * values.length))];

export const measureProbes = async (program) => {
  const folder = makeFolder();
  const ports = await findPorts(starts.length);
  const services = starts.map(
    (delay, at) => `  s${delay}:\n    command: [${program}, "${delay}", "${ports[at]}"]\n    port: ${ports[at]}`,
  );
  // And one that is asked by a command, which costs a hundred times as much.
  services.push('  by-command:\n    command: "sleep 2; touch up; exec sleep 1000"\n    ready: {exec: [test, -e, up]}');
  writeFileSync(path.join(folder, 'services.yaml'), `services:\n${services.join('\n')}\n`);
  const booted = [];
  for (let round = 0; round < 4; round += 1) {
    // What the last boot left would be found at once.
    rmSync(path.join(folder, 'up'), { force: true });
    booted.push((await bootIn(folder)).run);
  }
  const [first, ...later] = booted;
  return {
    booted,
    rows: [...toRows('without memory', [first]), ...toRows('with memory', later), toCommandRow(first, later)],
  };
};

const toRows = (what, runs) => {
  const attempts = runs.flatMap(({ services }) => starts.map((delay) => ({ delay, ...services[`s${delay}`].attempts[0] })));
  const lags = attempts.map(({ ready, spawned, delay }) => ready - spawned - delay);
  const most = Math.max(...attempts.map(({ checks }) => checks));
  const [middle, late] = [median(lags), quantile(lags, 0.95)];
  return [
    { what: `tcp readiness ${what}: median lag ÷ 3 ms`, ratio: middle / 3, limit: 1, note: `${middle.toFixed(1)} ms` },
    { what: `tcp readiness ${what}: p95 lag ÷ 10 ms`, ratio: late / 10, limit: 1, note: `${late.toFixed(1)} ms` },
    { what: `tcp readiness ${what}: most checks of a boot ÷ 60`, ratio: most / 60, limit: 1, note: `${most} checks` },
  ];
};

const toCommandRow = (first, later) => {
  const attemptOf = ({ services }) => services['by-command'].attempts[0];
  const lagOf = (run) => attemptOf(run).ready - attemptOf(run).spawned - 2000;
  const checks = median(later.map((run) => attemptOf(run).checks));
  return {
    what: 'readiness by a command with memory: checks ÷ those without',
    ratio: checks / attemptOf(first).checks,
    limit: 1,
    note: `${checks} in place of ${attemptOf(first).checks}, seen after ${median(later.map(lagOf)).toFixed(0)} in place of ${lagOf(first).toFixed(0)} ms`,
  };
};
