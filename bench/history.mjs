// `npm run bench -- history`: what the memory promises, measured. Each figure is a ratio to its limit. BENCH_ROWS names parts of it
// (checks, eta, what-if or only its what-if-demo, order, file); each is told as soon as it is known, with the load that it had.
import { etaErrors, stackOfGraph, stackOfShop } from './history-eta.mjs';
import { measureProbes } from './history-probes.mjs';
import { measureFile, measureOrder } from './history-pure.mjs';
import { graphToChange, measureWhatIf, shopToChange } from './history-what-if.mjs';
import { bootIn, buildService, median, report } from './rig.mjs';
import { load } from './sources.mjs';

const program = buildService();
if (program === null) {
  console.error('bench: no C compiler (cc) for the service under test');
  process.exit(1);
}
const { toSegments } = await load('lib/domain/critical-path.ts');
const wanted = new Set((process.env.BENCH_ROWS ?? 'checks,eta,what-if,order,file').split(','));
const booted = [];

const tell = (rows) => {
  report(rows);
  if (rows.some(({ ratio, limit }) => ratio > limit)) process.exitCode = 1;
};

if (wanted.has('checks')) {
  const { booted: runs, rows } = await measureProbes(program);
  booted.push(...runs);
  tell(rows);
}

const measureEta = async (stack) => {
  const runs = [];
  for (let round = 0; round < stack.rounds; round += 1) runs.push((await bootIn(stack.folder, { env: stack.env })).run);
  booted.push(...runs);
  const { atHalf, beforehand } = await etaErrors(stack, runs);
  return {
    what: `ETA at half-time, ${stack.what}: median error ÷ 10 %`,
    ratio: median(atHalf) / 0.1,
    limit: 1,
    note: `${(median(atHalf) * 100).toFixed(1)} %, before the boot ${(median(beforehand) * 100).toFixed(1)} %, of ${atHalf.length} boots`,
  };
};

if (wanted.has('eta'))
  for (const stack of [await stackOfShop(), await stackOfGraph(program, 0), await stackOfGraph(program, 1)])
    tell([await measureEta(stack)]);

const measureQuestions = async (subject) => {
  const {
    errors,
    median: middle,
    worst,
    noise,
    booted: runs,
  } = await measureWhatIf(subject, Number(process.env.BENCH_ROUNDS ?? 5));
  booted.push(...runs);
  const within = errors.filter(({ ratio }) => ratio <= 1).length;
  return {
    what: `what-if, ${subject.what}: median error ÷ 5 % or 30 ms`,
    ratio: middle,
    limit: 1,
    note: `${within} of ${errors.length} predictions within; worst ${worst.ratio.toFixed(2)} (${worst.asked}: ${worst.off.toFixed(0)} ms off, of ${worst.took.toFixed(0)} ms); the same boot differs from its median by ${noise.toFixed(2)}; all: ${errors.map(({ asked, ratio }) => `${asked} ${ratio.toFixed(2)}`).join(', ')}`,
  };
};

if (wanted.has('what-if') || wanted.has('what-if-demo')) tell([await measureQuestions(await shopToChange())]);
if (wanted.has('what-if'))
  for (const subject of [await graphToChange(program, 0), await graphToChange(program, 1)])
    tell([await measureQuestions(subject)]);

if (wanted.has('order')) tell([measureOrder(200)]);

const sumOf = (segments) => segments.reduce((sum, { ms }) => sum + ms, 0);
if (booted.length > 0) {
  const violations = booted.filter((run) => sumOf(toSegments(run)) !== Math.round(run.duration));
  const own = booted.map((run) => sumOf(toSegments(run).filter(({ kind }) => kind === 'overhead')) / run.duration);
  tell([
    {
      what: `critical path of ${booted.length} boots: sums that are not the wall time`,
      ratio: violations.length,
      limit: 0,
      note: `muster's own share: median ${(median(own) * 100).toFixed(1)} %`,
    },
  ]);
}

if (wanted.has('file')) tell(await measureFile());
