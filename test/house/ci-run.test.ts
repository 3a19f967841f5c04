import path from 'node:path';
import { expect } from 'chai';
import { root } from './project.ts';
import { createTree, type Result, type Tree } from './rig.ts';

/** Stands in for npm: `npm run --silent check` ends with CHECK, `npm test` says OUTPUT and ends with CODE. */
const fakeNpm = `#!/bin/sh
[ "$1" = test ] || exit "\${CHECK:-0}"
echo "CI=$CI, input: $(cat | wc -c)"
printf '%b' "$OUTPUT"
exit "\${CODE:-0}"
`;

const lastLine = (text: string): string => text.trimEnd().split('\n').at(-1) ?? '';

describe('.ci/run', () => {
  let tree: Tree;

  const run = (env: Readonly<Record<string, string>>): Promise<Result> =>
    tree.start(['bash', '.ci/run'], { PATH: `${tree.folder}/bin:${process.env.PATH}`, PYTHON: 'true', ...env }).done;

  beforeEach(() => {
    tree = createTree(['.ci/run']);
    tree.write('bin/npm', fakeNpm, 0o755);
    // With all of these there, nothing is installed.
    for (const name of ['strace', 'unshare', 'ps', 'cc', 'systemd-analyze', 'redis-server'])
      tree.write(`bin/${name}`, '#!/bin/sh\n', 0o755);
  });

  afterEach(() => tree.remove());

  it('ends with the counts of the tests', async () => {
    const { code, stdout } = await run({ OUTPUT: 'a test\n3 passed, 0 failed, 1 skipped\n' });
    expect(lastLine(stdout)).to.equal('3 passed, 0 failed, 1 skipped');
    expect(code).to.equal(0);
  });

  it('gives the tests no standard input, and CI=true', async () => {
    const { stdout } = await run({ OUTPUT: '1 passed, 0 failed\n' });
    expect(stdout).to.contain('CI=true, input: 0');
  });

  it('ends with the counts, also after what npm says about a failure', async () => {
    const { code, stdout } = await run({ OUTPUT: '2 passed, 1 failed\nnpm error Test failed.\n', CODE: '1' });
    expect(lastLine(stdout)).to.equal('2 passed, 1 failed');
    expect(code).to.equal(1);
  });

  it('counts failed checks as one failure, and runs the tests all the same', async () => {
    const { code, stdout } = await run({ OUTPUT: '3 passed, 0 failed\n', CHECK: '1' });
    expect(lastLine(stdout)).to.equal('3 passed, 1 failed');
    expect(code).to.equal(1);
  });

  it('counts tests that crash as a failure', async () => {
    const { code, stdout } = await run({ OUTPUT: 'Segmentation fault\n', CODE: '139' });
    expect(lastLine(stdout)).to.equal('0 passed, 1 failed');
    expect(code).to.equal(1);
  });

  it('counts tests that pass and then end badly as a failure', async () => {
    const { code, stdout } = await run({ OUTPUT: '5 passed, 0 failed\n', CODE: '7' });
    expect(lastLine(stdout)).to.equal('5 passed, 1 failed');
    expect(code).to.equal(1);
  });

  it('counts tests that end well without a summary as a failure', async () => {
    const { code, stdout } = await run({ OUTPUT: 'nothing to do\n' });
    expect(lastLine(stdout)).to.equal('0 passed, 1 failed');
    expect(code).to.equal(1);
  });

  it('gets its counts from our reporter, in its last line', async () => {
    tree.write('some.test.mjs', "it('a', () => {});\nit('b', () => { throw new Error('no'); });\nit('c');\n");
    const mocha = path.join(root, 'node_modules/mocha/bin/mocha.js');
    const reporter = path.join(root, 'test/support/reporter.mjs');
    const job = tree.start([process.execPath, mocha, '--no-config', '--no-color', '--reporter', reporter, 'some.test.mjs']);
    const { code, stdout } = await job.done;
    expect(lastLine(stdout)).to.equal('1 passed, 1 failed, 1 skipped');
    expect(code).to.equal(1);
  });
});
