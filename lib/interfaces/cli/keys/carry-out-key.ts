import { relative } from 'node:path';
import type { ServiceSnapshot } from '../../../domain/snapshot.ts';
import { toSafeText } from '../../../util/terminal-text.ts';
import type { Refusal, StackControl } from '../../control.ts';
import { isConnectionError, toCommandLine } from '../connect.ts';
import type { CommandContext } from '../context.ts';
import { tellAsBefore, tellRefusal } from '../render/actions.ts';
import { createTheme } from '../render/theme.ts';
import { askNext, renderWhy } from '../render/why.ts';
import type { Command, Mode } from './press.ts';

type Doing = Extract<Command, { kind: 'restart' | 'stop' | 'open' | 'why' | 'tell' }>;

export type CarryOutOptions = {
  readonly context: Pick<CommandContext, 'args' | 'cwd' | 'env' | 'stdout'>;
  readonly control: StackControl;
  readonly services: () => readonly ServiceSnapshot[];
  readonly say: (lines: readonly string[]) => void;
};

/** Does what a key has asked for. A mode comes back where something has to be asked first. */
export const carryOutKey = async (command: Doing, options: CarryOutOptions): Promise<Mode | null> => {
  const { control, say, context } = options;
  const theme = createTheme(context.stdout);
  try {
    switch (command.kind) {
      case 'tell':
        say([theme.paint('dim', command.text)]);
        return null;
      case 'restart': {
        const before = await control.snapshot();
        const result = await control.restart([command.name]);
        if (result.ok)
          tellRestarted(
            tellAsBefore(before, result.names, (words) => toCommandLine(context, words)),
            say,
          );
        else say(tellRefusal(result.refusal, { command: 'restart', named: [command.name] }));
        return null;
      }
      case 'stop': {
        const result = await control.stop([command.name], command.choice);
        return result.ok ? null : refuseStop(result.refusal, command.name, say);
      }
      case 'open': {
        const url = options.services().find(({ name }) => name === command.name)?.url ?? null;
        const problem =
          url === null ? 'it has no address for a browser' : await (await import('./open-url.ts')).openUrl(url, context.env);
        if (problem !== null) say([`cannot open ${url ?? command.name}: ${safe(problem)}`]);
        return null;
      }
      case 'why':
        say(await tellWhy(command.name, options));
        return null;
    }
  } catch (error) {
    // Without its supervisor the view ends, and says so.
    if (!isConnectionError(error)) throw error;
    return null;
  }
};

/** That it is back is seen; what it is not, is said. */
const tellRestarted = (lines: readonly string[], say: CarryOutOptions['say']): void => {
  if (lines.length > 0) say(lines);
};

const refuseStop = (refusal: Refusal, name: string, say: CarryOutOptions['say']): Mode | null => {
  if (refusal.kind === 'needed') return { kind: 'confirming', name, neededBy: refusal.neededBy.map((each) => each.name) };
  say(tellRefusal(refusal, { command: 'stop', named: [name] }));
  return null;
};

const tellWhy = async (name: string, { control, context }: CarryOutOptions): Promise<readonly string[]> => {
  const why = await control.why(name);
  if ('kind' in why) return tellRefusal(why, { command: 'why', named: [name] });
  const { colour, unicode, columns } = context.stdout;
  const toFile = (file: string): string => relative(context.cwd, file) || file;
  const logFile = why.logFile === null ? null : toFile(why.logFile);
  const next = await askNext(control, why, { logFile, toCommand: (words) => toCommandLine(context, words) });
  return renderWhy(why, { colour, unicode, width: columns(), logFile, toFile, next });
};

const safe = (text: string): string => toSafeText(text, { colours: false });
