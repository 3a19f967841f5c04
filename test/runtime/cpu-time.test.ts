import { existsSync } from 'node:fs';
import { expect } from 'chai';
import { createProcessRig, type ProcessRig } from '../support/procs.ts';

/** Computes until it has had 150 ms of CPU, says so, and does what is asked. */
const compute = (then: string): string =>
  `"$NODE" -e "while (process.cpuUsage().user + process.cpuUsage().system < 150000); console.log('computed'); ${then}"`;
const stay = 'setInterval(() => undefined, 60000)';

describe('the CPU time of a service', () => {
  let rig: ProcessRig;
  before(function () {
    if (!existsSync('/proc/self/stat')) this.skip();
  });
  beforeEach(() => {
    rig = createProcessRig();
  });
  afterEach(() => rig.cleanUp());

  const readAfter = async (line: string, said = /computed/): Promise<number | null> => {
    const { running, line: read } = await rig.start(null, { command: { line } });
    await read(said);
    return rig.processes.cpuTimeOf(running.identity);
  };

  it('is that of its own process', async () => {
    expect(await readAfter(`exec ${compute(stay)}`)).to.be.at.least(130);
  });

  it('is also that of what a shell has started for it', async () => {
    expect(await readAfter(`${compute(stay)} & wait`)).to.be.at.least(130);
  });

  it('is also that of what has ended and was waited for', async () => {
    expect(await readAfter(`${compute('')}; echo all done; sleep 600`, /all done/)).to.be.at.least(130);
  });

  it('of a program that does nothing is next to nothing, and of another process with its number not told', async () => {
    const { running, line } = await rig.start(null, { command: { line: 'echo here; exec sleep 600' } });
    await line(/here/);
    const { identity } = running;
    expect(rig.processes.cpuTimeOf(identity)).to.be.a('number').that.is.at.least(0);
    expect(rig.processes.cpuTimeOf({ ...identity, startTime: '1' })).to.equal(null);
  });

  it('of one that has ended is not told', async () => {
    const { running } = await rig.start(null, { command: { line: 'exit 0' } });
    await running.exited;
    expect(rig.processes.cpuTimeOf(running.identity)).to.equal(null);
  });
});
