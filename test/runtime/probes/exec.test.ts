import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import type { ReadyCheck } from '../../../lib/runtime/probes/probe.ts';
import { useProbing } from '../../support/probing.ts';

const rig = useProbing();

describe('an exec probe', () => {
  const line = (text: string): ReadyCheck => ({ kind: 'exec', command: { line: text } });

  it('B5, F138: its children die with it when it passes', async () => {
    await rig.begin(line('sleep 60 & echo $! > child; exit 0')).passed();
    const pid = Number(readFileSync(rig.inFolder('child'), 'utf8'));
    const isGone = (): boolean => {
      try {
        return / [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
      } catch {
        return true;
      }
    };
    while (!isGone()) await new Promise((settle) => setImmediate(settle));
  });

  it('B5: a child that holds the output open does not hold up the verdict', async () => {
    // It left the group, so it lives on, until the folder goes with the test.
    writeFileSync(rig.inFolder('hold'), '');
    await rig.begin(line("setsid sh -c 'while [ -e hold ]; do sleep 0.05; done' & exit 0")).passed();
  });

  it('F139: the end of 100 MB of output is told, in bounded memory', async () => {
    const detail = await rig.begin(line('yes | head -c 100000000; echo; echo the end; exit 4')).failed();
    expect(detail).to.equal('the probe ended with code 4: the end');
  });

  it('has the folder and the environment of the service, and not its marker', async () => {
    const env = { ...rig.target.env, COLOUR: 'blue', MUSTER_INSTANCE: 'p/api/1' };
    const check = line('echo "$COLOUR $PWD ${MUSTER_INSTANCE:-none}"; exit 1');
    expect(await rig.begin(check, { target: { env } }).failed()).to.equal(`the probe ended with code 1: blue ${rig.folder} none`);
  });

  it('says why it could not be run', async () => {
    const run = (program: string, target = {}): Promise<string> =>
      rig.begin({ kind: 'exec', command: { program, args: [] } }, { target }).failed();
    writeFileSync(rig.inFolder('plain'), '');
    expect(await run('no-such-program')).to.equal('no-such-program was not found');
    expect(await run(rig.inFolder('plain'))).to.equal(`${rig.inFolder('plain')} is not executable`);
    expect(await run('true', { cwd: rig.inFolder('gone') })).to.equal(`the folder ${rig.inFolder('gone')} does not exist`);
    expect(await rig.begin(line('kill -SEGV $$')).failed()).to.equal('the probe was ended by SIGSEGV');
  });
});
