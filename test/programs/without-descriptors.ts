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
const lookAtAll = async (): Promise<void> => {
  await say('alive', () => processes.isAlive(identity));
  await say(
    'found',
    async () => (await processes.findMarked(PROJECT)).filter(({ identity: { pid } }) => pid === identity.pid).length,
  );
  await say('time', () => typeof processes.cpuTimeOf(identity));
};

const opened: number[] = [];
let next: NodeJS.Immediate | undefined;
/** As many as there may be, and again in each turn of the loop, before whatever else runs in it: Node may close some of its own meanwhile. */
const useUp = (): void => {
  next = setImmediate(useUp);
  try {
    for (;;) opened.push(openSync('/dev/null', 'r'));
  } catch {
    // There is none left.
  }
};
useUp();
await lookAtAll();
clearImmediate(next);
for (const fd of opened) closeSync(fd);
await lookAtAll();
