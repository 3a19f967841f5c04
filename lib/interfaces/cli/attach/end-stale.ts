import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describeSurvivors } from '../../../domain/words.ts';
import { socketName } from '../../control/protocol.ts';
import type { CommandContext } from '../context.ts';
import { openStack } from './open.ts';

/**
 * `down` where the supervisor was killed: what it left is ended as it would have done, each service with its own signal and
 * grace, after those that need it. That takes the file, and the lock, so that no `up` comes between.
 */
export const endStale = async (context: CommandContext): Promise<number> => {
  const { args, env, stdout, stderr } = context;
  const loaded = await context.load();
  if (loaded === null) return 2;
  const tell = (text: string): void => stderr.line(`muster down: ${text}`);
  const opened = await openStack({
    stack: loaded.stack,
    env,
    flags: { failFast: false, fresh: true },
    warn: tell,
    notices: { onReclaim: () => undefined, onProblem: (name, problem) => tell(`${name}: ${problem}`), onUnsaved: tell },
  });
  if (!opened.ok) {
    tell(opened.why === 'held' ? 'somebody supervises the stack by now; try again' : opened.reason);
    return opened.why === 'held' ? 5 : 2;
  }
  const { session, folder, release } = opened;
  try {
    const { ended, survivors } = await session.freeLeftovers();
    if (args.flag('json')) stdout.line(JSON.stringify({ running: false, stale: true, ended, survivors }));
    else if (ended.length === 0) stdout.line('the supervisor was killed, and nothing of its stack is left');
    else stdout.line(`the supervisor was killed; ended what it had left: ${ended.join(', ')}`);
    for (const { name, survivors: left } of survivors) tell(`${name}: ${describeSurvivors(left)}`);
    if (survivors.length > 0) return 1;
    // The dead supervisor's socket goes with the rest: we hold the lock, so it is nobody's.
    await rm(join(folder, socketName), { force: true });
    return 0;
  } finally {
    await session.close();
    await release();
  }
};
