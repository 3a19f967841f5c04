import { errorLogOf } from '../../../domain/log-files.ts';
import type { ServiceName } from '../../../domain/service.ts';
import { toSafeText } from '../../../util/terminal-text.ts';
import type { RemoteControl } from '../../control/client.ts';
import { createMirror } from '../../control/mirror.ts';
import type { ServiceUsage } from '../../control.ts';
import { listenForSignals } from '../../session/signals.ts';
import { isConnectionError, toCommandLine } from '../connect.ts';
import type { CommandContext } from '../context.ts';
import { carryOutKey } from '../keys/carry-out-key.ts';
import { type Key, parseKeys } from '../keys/parse.ts';
import { type Command, type Keys, noKeys, press } from '../keys/press.ts';
import { openRawMode } from '../keys/raw-mode.ts';
import { suspendJob } from '../keys/suspend.ts';
import { createHiding } from '../logs/hiding.ts';
import { renderMonitor } from '../render/monitor.ts';
import { renderHelp, renderPanel } from '../render/panel.ts';
import { createPrefixer } from '../render/prefix.ts';
import { bufferLogs } from './log-buffer.ts';
import { createScreen } from './screen.ts';

/** How often the use of the machine is read, and running times are drawn, in milliseconds. */
const readEvery = 1_500;
const frameEvery = 500;
/** A flood of lines is not drawn more often than this. */
const soonest = 60;

/** Shows a running stack on the whole screen until one leaves it, or it ends. The exit code. */
export const showMonitor = async (context: CommandContext, control: RemoteControl): Promise<number> => {
  const { stdout } = context;
  const ending = new AbortController();
  const events = control.events(ending.signal);
  const mirror = createMirror(await control.snapshot(), { now: () => performance.now(), wall: () => Date.now() });
  const names = (): readonly ServiceName[] => mirror.snapshot().services.map(({ name }) => name);
  const prefix = createPrefixer(names(), stdout);
  const screen = createScreen(stdout.write);
  let keys: Keys = noKeys;
  let selected: ServiceName | null = names()[0] ?? null;
  let isAll = false;
  /** What was said in answer to a key: in place of the log, until the next one. */
  let said: readonly string[] | null = null;
  let usages: ReadonlyMap<ServiceName, ServiceUsage> | null = null;
  let pending: NodeJS.Timeout | null = null;
  let leave: (code: number) => void = () => undefined;
  const left = new Promise<number>((resolve) => {
    leave = resolve;
  });

  const toLog = (): { readonly title: string; readonly lines: readonly string[] } => {
    if (said !== null) return { title: 'any key goes on', lines: said };
    const wanted = keys.text.toLowerCase();
    const shown = buffer.lines(isAll ? null : selected).filter(({ text }) => text.toLowerCase().includes(wanted));
    return {
      title: `${isAll ? 'all logs' : `log of ${selected ?? 'nobody'}`}${keys.text === '' ? '' : ` with "${keys.text}"`}`,
      lines: shown.map(({ name, text }) => (isAll ? prefix(name, text) : toSafeText(text, { colours: stdout.colour }))),
    };
  };

  const draw = (): void => {
    const [width, height] = [stdout.columns() ?? 80, stdout.rows() ?? 24];
    const look = { colour: stdout.colour, unicode: stdout.unicode, width };
    const snapshot = mirror.snapshot();
    const panel = renderPanel({ ...keys, text: '' }, snapshot.services, {
      ...look,
      height: Math.floor(height / 2),
      more: monitorKeys,
    });
    const footer = panel.length > 0 ? panel : renderHelp({ ...look, more: monitorKeys }).slice(0, height > 15 ? 2 : 1);
    screen.paint(renderMonitor(snapshot, { ...look, height, selected, usages, log: toLog(), footer }));
  };
  const drawSoon = (): void => {
    pending ??= setTimeout(() => {
      pending = null;
      draw();
    }, soonest);
  };

  const hiding = createHiding(context);
  await hiding.learnFrom(mirror.snapshot());
  const logFiles = () => new Map(mirror.snapshot().services.map(({ name, log }) => [name, [log, errorLogOf(log)]]));
  const buffer = await bufferLogs(logFiles(), hiding.mask, drawSoon);
  /** A further `up` has made the stack another; before anything of a new service is shown, its secrets are known here. */
  const onApplied = async (): Promise<void> => {
    await hiding.learnFrom(await control.snapshot());
    await buffer.follow(logFiles());
    if (!names().includes(selected ?? '')) selected = names()[0] ?? null;
  };

  const suspend = (): void => {
    raw?.release();
    screen.leave();
    suspendJob(() => {
      raw?.take();
      draw();
    });
  };

  const run = (command: Command): void => {
    switch (command.kind) {
      case 'interrupt':
        process.emit('SIGINT');
        return;
      case 'detach':
        leave(0);
        return;
      case 'down':
        control.down().catch(orLost);
        return;
      case 'suspend':
        suspend();
        return;
      case 'quit':
        screen.leave();
        raw?.close();
        process.kill(process.pid, 'SIGQUIT');
        return;
      case 'redraw':
        screen.forget();
        return;
      case 'filter':
        return;
      default:
        void carryOutKey(command, {
          context,
          control,
          services: () => mirror.snapshot().services,
          say: (lines) => {
            said = lines;
            draw();
          },
        }).then((mode) => {
          if (mode !== null) keys = { ...keys, mode };
          draw();
        });
    }
  };

  const move = (key: Key): boolean => {
    const all = names();
    const at = all.indexOf(selected ?? '');
    const to = { up: at - 1, down: at + 1, 'page-up': at - 10, 'page-down': at + 10, home: 0, end: all.length - 1 }[
      key.kind as string
    ];
    if (to === undefined) return false;
    selected = all[Math.max(0, Math.min(all.length - 1, to))] ?? null;
    return true;
  };

  const hear = (key: Key): void => {
    const hadWords = said !== null;
    said = null;
    const isWatching = keys.mode.kind === 'watching' || keys.mode.kind === 'help';
    if (isWatching && move(key)) return;
    if (isWatching && key.kind === 'text' && key.text.toLowerCase() === 'l') {
      isAll = !isAll;
      return;
    }
    // The key that takes words away does no more than that.
    if (hadWords && (key.kind === 'escape' || key.kind === 'enter')) return;
    const pressed = press(keys, key, { services: mirror.snapshot().services, selected, isViewer: true });
    keys = pressed.keys;
    if (pressed.command !== null) run(pressed.command);
  };

  const raw = openRawMode(process.stdin, (text) => {
    for (const key of parseKeys(text)) hear(key);
    draw();
  });
  // Whatever ends us, the terminal is given back.
  process.on('exit', screen.leave);
  const unlisten = listenForSignals(({ exitCode }) => leave(exitCode));
  stdout.closed.addEventListener('abort', () => leave(0), { once: true });
  const unresize = stdout.onResize(() => {
    screen.forget();
    draw();
  });
  const read = (): void => {
    control
      .usage()
      .then((found) => {
        usages = new Map(found.map((usage) => [usage.name, usage]));
        drawSoon();
      })
      .catch(orLost);
  };
  const reader = setInterval(read, readEvery);
  const ticker = setInterval(draw, frameEvery);
  const follow = async (): Promise<'ended' | 'gone'> => {
    for await (const event of events) {
      mirror.hear(event);
      if (event.type === 'applied') await onApplied();
      if (event.type === 'noticed') said = [toSafeText(event.text, { colours: false })];
      if (event.type === 'ended') return 'ended';
      drawSoon();
    }
    return 'gone';
  };
  try {
    read();
    draw();
    const end = await Promise.race([follow(), left]);
    screen.leave();
    if (end === 'ended') stdout.line('the stack has ended');
    if (end === 'gone') {
      const up = toCommandLine(context, ['up']);
      context.stderr.line(`muster monitor: the supervisor is gone; its services live on, and "${up}" takes them over`);
    }
    return typeof end === 'number' ? end : end === 'ended' ? 0 : 1;
  } finally {
    ending.abort();
    for (const timer of [reader, ticker]) clearInterval(timer);
    if (pending !== null) clearTimeout(pending);
    unresize();
    unlisten();
    buffer.stop();
    screen.leave();
    raw?.close();
    process.off('exit', screen.leave);
  }
};

/** In place of what Ctrl-C does where a stack is attached. */
const monitorKeys = ['up/down choose', 'l one or all logs', 'Ctrl-C leave'] as const;

/** A lost connection ends the events, which tells it; anything else is a bug. */
const orLost = (error: unknown): void => {
  if (!isConnectionError(error)) throw error;
};
