import type { RemoteControl } from '../../control/client.ts';
import type { Mirror } from '../../control/mirror.ts';
import type { CommandContext } from '../context.ts';
import { carryOutKey } from '../keys/carry-out-key.ts';
import { parseKeys } from '../keys/parse.ts';
import { type Command, type Keys, noKeys, press } from '../keys/press.ts';
import { openRawMode } from '../keys/raw-mode.ts';
import { suspendJob } from '../keys/suspend.ts';
import { renderPanel } from '../render/panel.ts';
import type { LiveView } from './live-view.ts';

export type KeyboardOptions = {
  readonly context: CommandContext;
  readonly control: RemoteControl;
  readonly view: LiveView;
  readonly mirror: Mirror;
  readonly leave: () => void;
};

export type Keyboard = { readonly close: () => void };

/** Lets single keys act on the stack that is shown. Null: there is no keyboard. */
export const openKeyboard = ({ context, control, view, mirror, leave }: KeyboardOptions): Keyboard | null => {
  const { stdout } = context;
  let keys: Keys = noKeys;

  const show = (next: Keys): void => {
    keys = next;
    const { colour, unicode } = stdout;
    const room = { width: stdout.columns() ?? 80, height: Math.max(3, Math.floor((stdout.rows() ?? 24) / 2)) };
    view.panel(renderPanel(keys, mirror.snapshot().services, { colour, unicode, ...room }));
  };

  const suspend = (): void => {
    raw?.release();
    view.panel([]);
    suspendJob(() => {
      raw?.take();
      view.redraw();
      show(keys);
    });
  };

  const run = (command: Command): void => {
    switch (command.kind) {
      case 'interrupt':
      case 'down':
        // As if the terminal had sent it, which it does not while single keys are heard.
        process.emit('SIGINT');
        return;
      case 'suspend':
        suspend();
        return;
      case 'quit':
        raw?.close();
        process.kill(process.pid, 'SIGQUIT');
        return;
      case 'redraw':
        view.redraw();
        return;
      case 'detach':
        leave();
        return;
      case 'filter':
        view.filter({ only: keys.only, text: keys.text });
        return;
      default:
        void carryOutKey(command, { context, control, services: () => mirror.snapshot().services, say: view.say }).then(
          (mode) => {
            if (mode !== null) show({ ...keys, mode });
          },
        );
    }
  };

  const raw = openRawMode(process.stdin, (text) => {
    for (const key of parseKeys(text)) {
      const pressed = press(keys, key, { services: mirror.snapshot().services });
      show(pressed.keys);
      if (pressed.command !== null) run(pressed.command);
    }
  });
  if (raw === null) return null;
  const unresize = stdout.onResize(() => show(keys));
  return {
    close: () => {
      unresize();
      raw.close();
    },
  };
};
