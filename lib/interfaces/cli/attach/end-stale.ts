import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { hasErrors } from '../../../domain/diagnostic.ts';
import type { ServiceName, Stack } from '../../../domain/service.ts';
import { describeSurvivors } from '../../../domain/words.ts';
import type { Survival } from '../../../supervisor/survival.ts';
import { socketName } from '../../control/protocol.ts';
import { openStack } from '../../session/open.ts';
import { listenForSignals } from '../../session/signals.ts';
import { toBareStack } from '../bare-stack.ts';
import { findPlace } from '../connect.ts';
import type { CommandContext } from '../context.ts';
import { renderDiagnostics } from '../render/diagnostics.ts';

/**
 * `down` where the supervisor was killed: what it left is taken over and stopped as it would have done, with stop commands,
 * hooks and graces, in order. That takes the file, and the lock, so that no `up` comes between.
 */
export const endStale = async (context: CommandContext, command: 'down' | 'run' = 'down'): Promise<number> => {
  const { args, env, stdout, stderr } = context;
  const tell = (text: string): void => stderr.line(`muster ${command}: ${text}`);
  const stack = (await readStack(context)) ?? (await standIn(context, tell));
  if (stack === null) return 2;
  const opened = await openStack({
    stack,
    withSurvivors: (also) => readStack(context, also),
    env,
    flags: { failFast: false, fresh: true },
    warn: tell,
    notices: {
      onReclaim: () => undefined,
      onProblem: (name, problem) => tell(`${name}: ${problem}`),
      onUnsaved: tell,
      onNotice: tell,
    },
  });
  if (!opened.ok) {
    // What a `run` that is over had to end is the business of whoever has it by now.
    if (opened.why !== 'held' || command === 'down')
      tell(opened.why === 'held' ? 'somebody supervises the stack by now; try again' : opened.reason);
    return opened.why === 'held' ? 5 : 2;
  }
  const { session, folder, release } = opened;
  let unlisten: () => void = () => undefined;
  try {
    const { survival, shutdown } = await session.takeDownLeftovers();
    // As in any `down`: the first gives everything 1 s, the next one kills.
    if (shutdown !== null) unlisten = listenForSignals(({ times }) => shutdown.hurry(times === 1 ? 1000 : 0));
    const stopped = await shutdown?.done;
    const taken = new Set([...survival.adopted, ...survival.stopping]);
    const ended = [...session.graph.order.toReversed().filter((name) => taken.has(name)), ...survival.ended];
    const survivors = [...survival.survivors, ...(stopped?.survivors ?? [])];
    if (args.flag('json')) stdout.line(JSON.stringify({ running: false, stale: true, ended, survivors }));
    else stdout.line(tellEnd(survival, [...new Set(ended)]));
    for (const { name, survivors: left } of survivors) tell(`${name}: ${describeSurvivors(left)}`);
    if (survivors.length > 0) return 1;
    // The dead supervisor's socket goes with the rest: we hold the lock, so it is nobody's.
    await rm(join(folder, socketName), { force: true });
    return 0;
  } finally {
    unlisten();
    await session.close();
    await release();
  }
};

/** Without a predecessor, whoever was in charge has ended in order after all, between the look at its socket and ours. */
const tellEnd = ({ predecessor }: Survival, ended: readonly ServiceName[]): string => {
  const names = ended.join(', ');
  if (predecessor === null)
    return ended.length === 0 ? 'nothing is running here' : `ended what an earlier run had left: ${names}`;
  return ended.length === 0
    ? 'the supervisor was killed, and nothing of its stack is left'
    : `the supervisor was killed; ended what it had left: ${names}`;
};

/** Null: it has errors. What a service would need to start is not asked for. */
const readStack = async (context: CommandContext, also: readonly ServiceName[] = []): Promise<Stack | null> => {
  const { stack, diagnostics } = await context.read({ also, checkSystem: false });
  return hasErrors(diagnostics) ? null : stack;
};

/** A file that cannot be read keeps nobody from ending what runs: each service gets the usual signal, with the usual grace. */
const standIn = async (context: CommandContext, tell: (text: string) => void): Promise<Stack | null> => {
  const { diagnostics } = await context.read({ checkSystem: false });
  context.stderr.lines(
    renderDiagnostics(
      diagnostics.filter(({ severity }) => severity === 'error'),
      context.stderr,
    ),
  );
  const place = await findPlace(context, false);
  if (!place.ok) {
    tell(place.reason);
    return null;
  }
  tell('without its file no stop command and no hook is known: what is left gets SIGTERM');
  return toBareStack(place.root, context.args.text('file') ?? 'services.yaml');
};
