import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, closeSync, openSync } from 'node:fs';
import { expect } from 'chai';
import { useProbing } from '../../support/probing.ts';

const rig = useProbing();

describe('a notify probe', () => {
  it('B11: passes at a newline from any process that has the descriptor', async () => {
    const probing = rig.begin({ kind: 'notify' });
    const fd = openSync(rig.inFolder('notify'), 'a');
    const child = spawn('sh', ['-c', '(echo >&3) & wait'], { stdio: ['ignore', 'ignore', 'ignore', fd] });
    closeSync(fd);
    await Promise.all([probing.passed(), once(child, 'exit')]);
  });

  it('B11: text and an end without a newline are not ready', async () => {
    const probing = rig.begin({ kind: 'notify' });
    const fd = openSync(rig.inFolder('notify'), 'a');
    const child = spawn('sh', ['-c', 'printf READY=1 >&3'], { stdio: ['ignore', 'ignore', 'ignore', fd] });
    closeSync(fd);
    await once(child, 'exit');
    const other = rig.begin({ kind: 'log', pattern: 'seen' });
    appendFileSync(rig.inFolder('api.log'), 'seen\n');
    await other.passed();
    expect(probing.results).to.deep.equal([]);
    appendFileSync(rig.inFolder('notify'), '\n');
    await probing.passed();
  });
});
