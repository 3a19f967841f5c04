import { isolatesErrors } from '../../../domain/environments.ts';
import type { Stack } from '../../../domain/service.ts';
import { describeHolder } from '../../../domain/words.ts';
import { agreedVariable } from '../../../supervisor/addresses.ts';
import { toMoment } from '../../../util/local-time.ts';
import { parseHolders } from '../../control/holders.ts';
import type { LocalControl } from '../../control/local.ts';
import { type ControlServer, serveControl } from '../../control/server.ts';
import { cleanBeforeStart } from '../../session/cleaning.ts';
import { createDashboardDoor } from '../../session/dashboard-door.ts';
import { logSession, type SessionLog } from '../../session/muster-log.ts';
import { type Opened, openStack } from '../../session/open.ts';
import { reloadStack } from '../../session/reload.ts';
import { surviveBugs } from '../../session/signals.ts';
import { supervise } from '../../session/supervise.ts';
import type { CommandContext, Loaded } from '../context.ts';
import { askBeforeForce } from './ask-force.ts';
import { toApplyRequest } from './bring-up.ts';
import { chooseView, logFilesOfStack } from './choose-view.ts';
import { watchDefinitions } from './definitions.ts';
import { tellTakenDown } from './sentences.ts';
import { type Show, type ShowOptions, showStack } from './show.ts';
import { showDashboard } from './show-dashboard.ts';
import { stayAlive } from './stay-alive.ts';

/** Somebody else supervises the stack. */
export type Held = Extract<Opened, { readonly why: 'held' }>;

/**
 * Supervises the stack in this process: the supervisor in the background, which shows nothing, or an `up` without a terminal.
 * The exit code; or who does it already.
 */
export const superviseHere = async (context: CommandContext, asked: Loaded, isBackground: boolean): Promise<number | Held> => {
  const mayEnd = stayAlive();
  try {
    return await superviseLoaded(context, asked, isBackground);
  } finally {
    mayEnd();
  }
};

const superviseLoaded = async (context: CommandContext, asked: Loaded, isBackground: boolean): Promise<number | Held> => {
  const { args, stderr, env } = context;
  const { stack } = asked;
  /** With what an earlier run has left beside it. */
  let loaded = asked;
  let control: LocalControl | null = null;
  let log: SessionLog | null = null;
  let server: ControlServer | null = null;
  // What is said before anybody could hear it waits.
  const early: string[] = [];
  const notes = new Map<string, readonly string[]>();
  const notice = (text: string): void => {
    if (control === null) early.push(text);
    else control.notice(text);
    log?.note(text);
  };
  const opened = await openStack({
    stack,
    withSurvivors: async (also) => {
      loaded = (await context.load({ only: args.positionals, noDeps: args.flag('no-deps'), also })) ?? loaded;
      return loaded.stack;
    },
    env,
    flags: { failFast: args.flag('fail-fast'), fresh: args.flag('fresh'), watch: !args.flag('no-watch') },
    warn: notice,
    notices: {
      onReclaim: (name, holder) =>
        notice(`${name}: port ${holder.port} is held by ${describeHolder(holder, toMoment)}; ending it`),
      onProblem: (name, problem) => {
        notes.set(name, [...(notes.get(name) ?? []), problem].slice(-2));
        notice(`${name}: ${problem}`);
      },
      onUnsaved: (reason) => notice(`the memory was not saved: ${reason}`),
      onNotice: notice,
    },
  });
  if (!opened.ok && opened.why === 'held') return opened;
  if (!opened.ok) {
    stderr.line(`muster up: ${opened.reason}`);
    return 2;
  }
  const { session, plan, isFirstRun, folder, release } = opened;
  const door = createDashboardDoor({ session, onProblem: notice });
  door.hide(loaded.stack, loaded.secrets, env);
  const definitions = watchDefinitions({
    running: session.stack,
    request: toApplyRequest(context, stack),
    read: async (request, running) => {
      const next = await reloadStack({ ...request, environment: request.environment ?? session.stack.environment }, running);
      if (typeof next === 'string') return next;
      door.hide(next.stack, next.secrets, request.variables);
      return next.stack;
    },
  });
  const endSurviving = surviveBugs(notice);
  try {
    if (isBackground) session.condemn(parseAgreed(env[agreedVariable]));
    else if (args.flag('force')) {
      const consent = await askBeforeForce(await session.findStrangers(), context);
      if (!consent.ok) return consent.exitCode;
      session.condemn(consent.agreed);
    }
    if (isFirstRun) notice(tellFirstRun(stack));
    log = logSession(session, (reason) => notice(`logs/muster.log is not written: ${reason}`));
    let hasBooted = false;
    let isInterrupted = false;
    const code = await supervise({
      session,
      // Not those that an earlier run had left beside them: what becomes of these, the session knows.
      names: session.graph.order.filter((name) => stack.services.has(name)),
      isBackground,
      endOnFailure:
        args.flag('rollback') ||
        (args.flag('fail-fast') && !args.flag('detach')) ||
        (!isBackground && !context.stdout.isTTY && !isolatesErrors(stack.environment)),
      afterStarts: log.open,
      prepare: () => (args.flag('fresh') ? cleanBeforeStart(stack, notice) : Promise.resolve()),
      notice,
      strict: args.flag('strict'),
      reload: definitions.reload,
      definitions,
      dashboard: door.open,
      hidden: door.hidden,
      notesOf: (name) => notes.get(name) ?? [],
      closed: context.stdout.closed,
      onInterrupted: () => {
        isInterrupted = true;
      },
      onEvent: (event) => {
        if (event.type === 'booted') hasBooted = true;
      },
      open: async (local) => {
        control = local;
        const ending = new AbortController();
        const createView = chooseView({ context, loaded, planOf: () => plan, hint: 'Ctrl-C stops it' });
        const unheard = isBackground ? tellUnheard(local, createView) : Promise.resolve();
        const show: Show | null = isBackground
          ? null
          : await showStack({
              control: local,
              createView,
              logFiles: logFilesOfStack(session.stack),
              isJoining: false,
              signal: ending.signal,
            });
        for (const text of early) local.notice(text);
        server = await serveControl({
          folder,
          control: local,
          onProblem: notice,
          takeHttp: (client) => door.take(local, client),
        });
        // The one in the background is asked for it by its client.
        if (args.flag('dashboard') && !isBackground) await showDashboard(context, local, args.flag('json'));
        return {
          close: async () => {
            await show?.done;
            await unheard;
            await door.close();
            await server?.close();
          },
        };
      },
    });
    // In the background it is told whoever waits for the boot: for them, it was somebody else.
    const wasElsewhere = isBackground || (code === 1 && !isInterrupted);
    if (!hasBooted && wasElsewhere && !context.stdout.closed.aborted) tellTakenDown(context);
    return code;
  } finally {
    endSurviving();
    await session.close();
    await log?.close();
    await release();
    await letGo(server);
  }
};

/**
 * Where nobody looks on, what came of a boot after which the supervisor ends by itself is written to its own output: whoever has
 * started it, and waits, may come too late to be told by it. Resolves when all of that is written.
 */
const tellUnheard = async (control: LocalControl, createView: ShowOptions['createView']): Promise<void> => {
  if ((await control.boot())?.ends !== true) return;
  const signal = new AbortController().signal;
  const { done } = await showStack({ control, createView, logFiles: new Map(), isJoining: false, signal });
  await done;
};

/** Whoever asked for the end from elsewhere learns that it is over, now that another `up` may follow. */
const letGo = async (server: ControlServer | null): Promise<void> => server?.hangUp();

const parseAgreed = (text: string | undefined): NonNullable<ReturnType<typeof parseHolders>> => {
  try {
    return parseHolders(JSON.parse(text ?? '[]')) ?? [];
  } catch {
    // Nothing that our own command has written: nobody was agreed upon.
    return [];
  }
};

/** Running `up` runs what the file says, as `make` does; the first time, it says in one line what that is. */
const tellFirstRun = ({ file, services }: Stack): string => {
  const ports = [...services.values()].flatMap((service) => service.ports.map(({ wanted }) => wanted ?? 'auto'));
  const listening =
    ports.length === 0
      ? 'no ports'
      : `port${ports.length === 1 ? '' : 's'} ${ports.slice(0, 12).join(', ')}${ports.length > 12 ? ', …' : ''}`;
  return `first boot of ${file}: ${services.size} command${services.size === 1 ? '' : 's'}, ${listening}; ends nothing that is not ours`;
};
