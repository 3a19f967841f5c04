import { expect } from 'chai';
import { parse } from 'yaml';
import { needsBash } from '../../lib/interfaces/importers/process-compose/bash.ts';
import { importFiles, toLines } from './rig.ts';

const ofBash: readonly string[] = [
  '[[ -f x ]] && run',
  'if [[ a = b ]]; then x; fi',
  'if true; then [[ -f x ]]; fi',
  'diff <(a) <(b)',
  'a=(1 2); echo ${a[0]}',
  'a[1]=x',
  'source env.sh && run',
  'shopt -s globstar; ls',
  'function f { x; }; f',
  'set -euo pipefail\nrun',
  'echo {1..3}',
  'cp x.{js,ts} y',
  'cat <<< x',
  'run &> log',
  'run |& tee',
  'for ((i=0;i<3;i++)); do x; done',
  '(( x > 1 )) && y',
  'echo -e "a\\n"',
  'read -p x y',
  'while read -r -t 5 x; do y; done',
  "echo $'a'",
  '[ "$a" == b ] && x',
  'x+=1',
  'echo "${x//a/b}"',
  'echo "${x^^}"',
  'echo "${x:1:2}"',
  'echo $RANDOM',
];

const ofAnyShell: readonly string[] = [
  'node server.js',
  'a && b || c',
  'echo "[[ x ]]"',
  "echo '{1..3}' 'source x'",
  'echo $((1+2))',
  '(cd x && y)',
  'cat <<EOF\nx\nEOF',
  'echo ${x:-a,b} ${x%.js} ${x##*/} ${#x} ${x:-1}',
  '[ -f x ] && y',
  'run > log 2>&1 | tee >&2',
  'x=1 node a',
  'echo "a #" # comment [[ x ]]',
  '. ./env.sh',
  'npm run source map',
  'node -e "a[0] == b"',
  'curl -d \'{"a":1,"b":2}\' x',
  "awk '{print $1}' x",
  'find . -exec rm {} \\;',
  'trap "kill 0" EXIT',
  'case x in a) b;; esac',
  'echo "{a,b}" ~/x',
  'read -r x',
  'f() { x; }',
  'export A=b',
  'while :; do x; done',
  'sh -c "[ a = b ]"',
];

describe('lines of process-compose, whose shell is bash', () => {
  it('are told from those that any shell runs', () => {
    expect(ofBash.filter((line) => !needsBash(line))).to.deep.equal([]);
    expect(ofAnyShell.filter(needsBash)).to.deep.equal([]);
  });

  it('are looked at in bounded time, however long they are', () => {
    for (const part of ['[ ', '{a,', 'trap ', ';a[', '\n', '${a', 'read -r ', "'", '"', '# ', 'echo -n ', 'test a '])
      expect(needsBash(part.repeat(100_000)), part).to.be.a('boolean');
  });

  it('are run by bash where they need it, which is told: as commands, probes and when stopping', async () => {
    const { text, notes, stack, diagnostics } = await importFiles({
      'process-compose.yaml': `
processes:
  plain: {command: "a && b"}
  odd:
    command: "[[ -n $$X ]] && run {1..3}"
    readiness_probe: {exec: {command: "source x && y"}}
    shutdown: {command: "kill $(<pid) &> log"}
`,
    });
    expect(diagnostics.filter(({ severity }) => severity === 'error')).to.deep.equal([]);
    const { services } = parse(text ?? '') as { services: Record<string, Record<string, unknown>> };
    expect(services['plain']).to.deep.equal({ command: 'a && b' });
    expect(services['odd']).to.deep.equal({
      command: ['bash', '-c', '[[ -n $X ]] && run {1..3}'],
      health: { exec: ['bash', '-c', 'source x && y'] },
      stop: { command: ['bash', '-c', 'kill $(<pid) &> log'] },
    });
    const command = stack?.services.get('odd')?.command;
    expect(command).to.deep.equal({ kind: 'direct', program: 'bash', args: ['-c', '[[ -n $X ]] && run {1..3}'] });
    expect(toLines(notes)).to.deep.equal([
      '5: processes.odd.command',
      '6: processes.odd.readiness_probe.exec.command',
      '7: processes.odd.shutdown.command',
    ]);
  });

  it('are left to /bin/sh where the file names another shell than bash', async () => {
    const { text, losses } = await importFiles({
      'process-compose.yaml': 'shell: {shell_command: sh}\nprocesses: {a: {command: "echo {1..3}"}}\n',
    });
    expect(text).to.include('command: echo {1..3}');
    expect(toLines(losses)).to.deep.equal(['1: shell']);
  });
});
