// `npm run bench -- history`: what the memory promises, measured. Each figure is a ratio to its limit.
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { etaErrors, stackOfGraph, stackOfShop } from './history-eta.mjs';
import { measureFile, measureOrder } from './history-pure.mjs';
import { graphToChange, measureWhatIf, shopToChange } from './history-what-if.mjs';
import { bootIn, buildService, findPorts, makeFolder, median, report } from './rig.mjs';
import { load } from './sources.mjs';

const program = buildService();
if (program === null) {
  console.error('bench: no C compiler (cc) for the service under test');
  process.exit(1);
}
const { toSegments } = await load('lib/domain/critical-path.ts');
const rows = [];

const quantile = (values, p) => [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(p * values.length))];

/** Services that open their port after 20 ms to 5 s, and one that is asked by a command: what a boot costs in checks, and how late they are seen. */
const starts = [20, 40, 60, 90, 130, 200, 300, 450, 700, 1000, 1400, 2000, 2800, 3800, 5000];
const probing = makeFolder();
const ports = await findPorts(starts.length);
writeFileSync(
  path.join(probing, 'services.yaml'),
  `services:\n${starts.map((delay, at) => `  s${delay}:\n    command: [${program}, "${delay}", "${ports[at]}"]\n    port: ${ports[at]}`).join('\n')}
  by-command:
    command: "sleep 2; touch up; exec sleep 1000"
    ready: {exec: [test, -e, up]}
`,
);
const probed = [];
for (let round = 0; round < 4; round += 1) {
  // What the last boot left would be found at once.
  rmSync(path.join(probing, 'up'), { force: true });
  probed.push((await bootIn(probing)).run);
}
const lagsOf = (run) =>
  starts.map((delay) => run.services[`s${delay}`].attempts[0].ready - run.services[`s${delay}`].attempts[0].spawned - delay);
const checksOf = (run) => starts.map((delay) => run.services[`s${delay}`].attempts[0].checks);
for (const [what, runs] of [
  ['without memory', probed.slice(0, 1)],
  ['with memory', probed.slice(1)],
]) {
  const [lags, checks] = [runs.flatMap(lagsOf), runs.flatMap(checksOf)];
  rows.push({
    what: `tcp readiness ${what}: median lag ÷ 3 ms`,
    ratio: median(lags) / 3,
    limit: 1,
    note: `${median(lags).toFixed(1)} ms`,
  });
  rows.push({
    what: `tcp readiness ${what}: p95 lag ÷ 10 ms`,
    ratio: quantile(lags, 0.95) / 10,
    limit: 1,
    note: `${quantile(lags, 0.95).toFixed(1)} ms`,
  });
  rows.push({
    what: `tcp readiness ${what}: most checks of a boot ÷ 60`,
    ratio: Math.max(...checks) / 60,
    limit: 1,
    note: `${Math.max(...checks)} checks`,
  });
}
const commandOf = (run) => run.services['by-command'].attempts[0];
const lagOfCommand = (run) => commandOf(run).ready - commandOf(run).spawned - 2000;
rows.push({
  what: 'readiness by a command with memory: checks ÷ those without',
  ratio: median(probed.slice(1).map((run) => commandOf(run).checks)) / commandOf(probed[0]).checks,
  limit: 1,
  note: `${median(probed.slice(1).map((run) => commandOf(run).checks))} in place of ${commandOf(probed[0]).checks}, seen after ${median(probed.slice(1).map(lagOfCommand)).toFixed(0)} in place of ${lagOfCommand(probed[0]).toFixed(0)} ms`,
});

const booted = [...probed];
for (const stack of [await stackOfShop(), await stackOfGraph(program, 0), await stackOfGraph(program, 1)]) {
  const runs = [];
  for (let round = 0; round < stack.rounds; round += 1) runs.push((await bootIn(stack.folder, { env: stack.env })).run);
  booted.push(...runs);
  const { atHalf, beforehand } = await etaErrors(stack, runs);
  rows.push({
    what: `ETA at half-time, ${stack.what}: median error ÷ 10 %`,
    ratio: median(atHalf) / 0.1,
    limit: 1,
    note: `${(median(atHalf) * 100).toFixed(1)} %, before the boot ${(median(beforehand) * 100).toFixed(1)} %, of ${atHalf.length} boots`,
  });
}

for (const subject of [await shopToChange(), await graphToChange(program, 0), await graphToChange(program, 1)]) {
  const { errors, median: middle, worst, noise, booted: changed } = await measureWhatIf(subject, 5);
  booted.push(...changed);
  rows.push({
    what: `what-if, ${subject.what}: median error ÷ 5 % or 30 ms`,
    ratio: middle,
    limit: 1,
    note: `${errors.filter(({ ratio }) => ratio <= 1).length} of ${errors.length} predictions within; worst ${worst.ratio.toFixed(2)} (${worst.asked}: ${worst.off.toFixed(0)} ms off, of ${worst.took.toFixed(0)} ms); the same boot differs from its median by ${noise.toFixed(2)}`,
  });
}

rows.push(measureOrder(200));

const violations = booted.filter((run) => toSegments(run).reduce((sum, { ms }) => sum + ms, 0) !== Math.round(run.duration));
const own = booted.map(
  (run) =>
    toSegments(run)
      .filter(({ kind }) => kind === 'overhead')
      .reduce((sum, { ms }) => sum + ms, 0) / run.duration,
);
rows.push({
  what: `critical path of ${booted.length} boots: sums that are not the wall time`,
  ratio: violations.length,
  limit: 0,
  note: `muster's own share: median ${(median(own) * 100).toFixed(1)} %`,
});

rows.push(...(await measureFile()));

report(rows);
if (rows.some(({ ratio, limit }) => ratio > limit)) process.exitCode = 1;
