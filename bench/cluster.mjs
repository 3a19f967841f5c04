// `npm run bench -- cluster`: six services on a real cluster (MUSTER_TEST_CLUSTER, as for `npm run test:cluster`), in the order
// of the graph and all at once, in turn.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { cli, makeFolder, median, report } from './rig.mjs';

const context = process.env.MUSTER_TEST_CLUSTER;
if (context === undefined) {
  console.error('bench: MUSTER_TEST_CLUSTER names no cluster (a context of kubectl)');
  process.exit(1);
}
const rounds = Number(process.env.BENCH_ROUNDS ?? 3);
const longest = 180_000;
const text = readFileSync(path.join(import.meta.dirname, '..', 'test', 'data', 'cluster', 'services.yaml'), 'utf8').replaceAll(
  'localhost/node:1',
  process.env.MUSTER_TEST_IMAGE ?? 'localhost/node:1',
);

const run = (program, args, { input, allow = false } = {}) => {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    input,
    encoding: 'utf8',
    cwd: folder,
    maxBuffer: 1 << 26,
  });
  if (error !== undefined) throw error;
  if (status !== 0 && !allow) throw new Error(`${program} ${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`);
  return stdout;
};
const folder = makeFolder();
mkdirSync(path.join(folder, 'run'), { mode: 0o700 });
writeFileSync(path.join(folder, 'services.yaml'), text);

const inNamespace = (work) => {
  const namespace = `muster-bench-${process.pid}`;
  const kubectl = (args, options) => run('kubectl', ['--context', context, '--namespace', namespace, ...args], options);
  kubectl(['create', 'namespace', namespace]);
  // As long as its own account is not there, no pod is made in it.
  for (;;) if (kubectl(['get', 'serviceaccount', 'default', '--ignore-not-found', '-o', 'name']) !== '') break;
  try {
    return work(kubectl, ['--on', 'kubernetes', '--context', context, '--namespace', namespace]);
  } finally {
    kubectl(['delete', 'namespace', namespace, '--wait=true', `--timeout=${longest / 1000}s`]);
  }
};

const measure = (work) => {
  const began = performance.now();
  work();
  return performance.now() - began;
};

const restartsOf = (kubectl) =>
  kubectl(['get', 'pods', '-o', 'jsonpath={range .items[*]}{range .status.containerStatuses[*]}{.restartCount} {end}{end}'])
    .trim()
    .split(/\s+/)
    .reduce((total, count) => total + Number(count), 0);

const failedJobsOf = (kubectl) => Number(kubectl(['get', 'jobs', '-o', 'jsonpath={.items[*].status.failed}']).trim() || 0);

const ordered = () =>
  inNamespace((kubectl, on) => {
    rmSync(path.join(folder, '.server_memory.json'), { force: true });
    const took = measure(() => run(process.execPath, [cli, 'up', ...on]));
    const again = measure(() => run(process.execPath, [cli, 'up', ...on]));
    const result = { took, again, restarts: restartsOf(kubectl), failed: failedJobsOf(kubectl) };
    return { ...result, down: measure(() => run(process.execPath, [cli, 'down', ...on])) };
  });

/** The same objects without the gates, as `kubectl apply` of a folder has them. */
const atOnce = (gates) =>
  inNamespace((kubectl) => {
    const documents = run(process.execPath, [cli, 'export', 'kubernetes']);
    const objects = gates
      ? documents.replaceAll('busybox:1.36', process.env.MUSTER_TEST_GATE_IMAGE ?? 'busybox:1.36')
      : withoutGates(documents);
    const took = measure(() => {
      kubectl(['apply', '-f', '-'], { input: objects });
      const until = `--timeout=${longest / 1000}s`;
      kubectl(['wait', '--for=condition=complete', 'job', '--all', until], { allow: true });
      kubectl(['wait', '--for=condition=available', 'deployment', '--all', until], { allow: true });
    });
    return { took, restarts: restartsOf(kubectl), failed: failedJobsOf(kubectl) };
  });

const withoutGates = (yaml) =>
  yaml
    .split(/^---$/m)
    .map((document) => document.replace(/^( *)initContainers:\n(?:\1 +.*\n|\1- .*\n|\n)*/m, ''))
    .join('---');

const rows = { ordered: [], once: [], gated: [] };
for (let round = 0; round < rounds; round += 1) {
  rows.ordered.push(ordered());
  rows.once.push(atOnce(false));
  rows.gated.push(atOnce(true));
}
const mid = (name, key) => median(rows[name].map((row) => row[key]));
const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;
report([
  {
    what: 'six services on a cluster: in the order of the graph ÷ all at once',
    ratio: mid('ordered', 'took') / mid('once', 'took'),
    limit: 0.6,
    note: `${seconds(mid('ordered', 'took'))} and ${mid('ordered', 'restarts')} restarts, ${mid('ordered', 'failed')} failed Jobs; at once ${seconds(mid('once', 'took'))}, ${mid('once', 'restarts')} and ${mid('once', 'failed')}`,
  },
  {
    what: 'what `export` writes, with its gates, applied by kubectl ÷ all at once',
    ratio: mid('gated', 'took') / mid('once', 'took'),
    note: `${seconds(mid('gated', 'took'))}, ${mid('gated', 'restarts')} restarts, ${mid('gated', 'failed')} failed Jobs`,
  },
  {
    what: 'applied again, nothing changed ÷ 1 s',
    ratio: mid('ordered', 'again') / 1000,
    limit: 1,
    note: seconds(mid('ordered', 'again')),
  },
  { what: '`down` ÷ the boot', ratio: mid('ordered', 'down') / mid('ordered', 'took'), note: seconds(mid('ordered', 'down')) },
]);
