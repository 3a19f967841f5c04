// Looks at itself and at the process that PID, START and BOOT identify, as long as no file can be opened, and then when one can
// again. Prints for each look what it saw.
import { closeSync, openSync } from 'node:fs';
import { createProcesses } from '../../lib/runtime/processes/create.ts';

const processes = createProcesses();
const { PID, START = '', BOOT = '', PROJECT = '' } = process.env;
const identity = { pid: Number(PID), startTime: START, bootId: BOOT };

const say = async (what: string, look: () => unknown): Promise<void> => {
  try {
    console.log(what, await look());
  } catch (error) {
    console.log(what, (error as NodeJS.ErrnoException).code);
  }
};
const lookAtAll = async (prepare: () => void): Promise<void> => {
  const look = (what: string, see: () => unknown): Promise<void> =>
    say(what, () => {
      prepare();
      return see();
    });
  await look('alive', () => processes.isAlive(identity));
  await look(
    'found',
    async () => (await processes.findMarked(PROJECT)).filter(({ identity: { pid } }) => pid === identity.pid).length,
  );
  await look('time', () => typeof processes.cpuTimeOf(identity));
};

const opened: number[] = [];
/** As many as there may be. Before each look anew: Node may have closed some of its own meanwhile. */
const useUp = (): void => {
  try {
    for (;;) opened.push(openSync('/dev/null', 'r'));
  } catch {
    // There is none left.
  }
};
await lookAtAll(useUp);
for (const fd of opened) closeSync(fd);
await lookAtAll(() => undefined);
