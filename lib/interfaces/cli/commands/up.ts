import { isolatesErrors } from '../../../domain/environments.ts';
import type { Stack } from '../../../domain/service.ts';
import { describeHolder } from '../../../domain/words.ts';
import { projectId } from '../../../runtime/identity.ts';
import { runtimeDir } from '../../../runtime/runtime-dir.ts';
import { backgroundVariable } from '../../../supervisor/addresses.ts';
import { askBeforeForce } from '../attach/ask-force.ts';
import { attach } from '../attach/attach.ts';
import type { Facts } from '../attach/facts.ts';
import { createJsonView } from '../attach/json-view.ts';
import { createLiveView } from '../attach/live-view.ts';
import { createMask, withMask } from '../attach/mask.ts';
import { logSession, type SessionLog } from '../attach/muster-log.ts';
import { openStack } from '../attach/open.ts';
import { createPlainView } from '../attach/plain-view.ts';
import { type Serving, serveSession } from '../attach/serve.ts';
import { ignoreStraySignals, surviveBugs } from '../attach/signals.ts';
import { silentView } from '../attach/silent-view.ts';
import type { View } from '../attach/view.ts';
import { cleanBeforeStart } from '../cleaning.ts';
import type { CommandContext } from '../context.ts';
import { toMoment } from '../render/time.ts';

export const run = async (context: CommandContext): Promise<number> => {
  const { args, stderr, env } = context;
  ignoreStraySignals();
  if (args.flag('dry-run')) return (await import('./plan.ts')).run(context);
  const isBackground = env[backgroundVariable] === '1';
  const only = args.positionals;
  const request = { only, noDeps: args.flag('no-deps') };
  let loaded = await context.load(request);
  if (loaded === null) return 2;
  const { stack } = loaded;
  if (args.flag('detach') && !isBackground) {
    const folder = runtimeDir(projectId(stack.root), env);
    if (folder.ok) return (await import('../attach/background.ts')).bootInBackground(context, folder.path);
    stderr.line(`muster up: ${folder.reason}`);
    return 2;
  }

  // The view comes to be after the session that it shows; what is said before that waits for it.
  let view: View | null = null;
  let log: SessionLog | null = null;
  let serving: Serving | null = null;
  const early: string[] = [];
  const notes = new Map<string, readonly string[]>();
  const notice = (text: string): void => {
    if (view === null) early.push(text);
    else view.notice(text);
    log?.note(text);
    serving?.notice(text);
  };
  const opened = await openStack({
    stack,
    withSurvivors: async (also) => {
      loaded = (await context.load({ ...request, also })) ?? loaded;
      return loaded?.stack ?? null;
    },
    env,
    flags: { failFast: args.flag('fail-fast'), fresh: args.flag('fresh') },
    warn: notice,
    notices: {
      onReclaim: (name, holder) =>
        notice(`${name}: port ${holder.port} is held by ${describeHolder(holder, toMoment)}; ending it`),
      onProblem: (name, problem) => {
        notes.set(name, [...(notes.get(name) ?? []), problem].slice(-2));
        notice(`${name}: ${problem}`);
      },
      onUnsaved: (reason) => notice(`the memory was not saved: ${reason}`),
    },
  });
  if (!opened.ok) return refuse(context, opened);
  const { session, plan, isFirstRun, folder, release } = opened;
  const endSurviving = surviveBugs(notice);
  try {
    const refused = args.flag('force') ? await askBeforeForce(session, context) : null;
    if (refused !== null) return refused;
    if (isFirstRun) notice(tellFirstRun(stack));
    log = await logSession(session, (reason) => notice(`logs/muster.log is not written: ${reason}`));
    const plainly = isBackground
      ? silentView
      : chooseView(context, { session, plan, cwd: context.cwd, notes, again: ['muster up', ...only].join(' ') });
    view = withMask(plainly, createMask(session.stack, loaded.secrets));
    for (const text of early) view.notice(text);
    return await attach({
      session,
      view,
      // Not those that an earlier run had left beside them: what becomes of these, the session knows.
      names: session.graph.order.filter((name) => stack.services.has(name)),
      isBackground,
      endOnFailure:
        args.flag('rollback') ||
        (!isBackground && (args.flag('fail-fast') || (!context.stdout.isTTY && !isolatesErrors(stack.environment)))),
      strict: args.flag('strict'),
      prepare: () => (args.flag('fresh') ? cleanBeforeStart(stack, notice) : Promise.resolve()),
      closed: context.stdout.closed,
      notice,
      serve: async (hooks) => {
        serving = await serveSession({ session, folder, hooks, onProblem: notice });
        return serving;
      },
    });
  } finally {
    endSurviving();
    await session.close();
    await log?.close();
    await release();
    letGo(serving);
  }
};

/** Whoever asked for the end from elsewhere learns that it is over, now that another `up` may follow. */
const letGo = (serving: Serving | null): void => serving?.hangUp();

const chooseView = ({ args, stdout, env }: CommandContext, facts: Facts): View => {
  if (args.flag('json')) return createJsonView(facts, stdout);
  return stdout.isTTY && env['TERM'] !== 'dumb' ? createLiveView(facts, stdout) : createPlainView(facts, stdout);
};

const refuse = ({ stderr }: CommandContext, opened: Extract<Awaited<ReturnType<typeof openStack>>, { ok: false }>): number => {
  if (opened.why === 'no-folder') {
    stderr.line(`muster up: ${opened.reason}`);
    return 2;
  }
  stderr.line(`muster up: this stack is already up, under the supervisor with pid ${opened.holder.pid}; stop that one first`);
  return 5;
};

/** Running `up` runs what the file says, as `make` does; the first time, it says in one line what that is. */
const tellFirstRun = ({ file, services }: Stack): string => {
  const ports = [...services.values()].flatMap((service) => service.ports.map(({ wanted }) => wanted ?? 'any'));
  const listening =
    ports.length === 0
      ? 'no ports'
      : `port${ports.length === 1 ? '' : 's'} ${ports.slice(0, 12).join(', ')}${ports.length > 12 ? ', …' : ''}`;
  return `first boot of ${file}: ${services.size} command${services.size === 1 ? '' : 's'}, ${listening}; ends nothing that is not ours`;
};
