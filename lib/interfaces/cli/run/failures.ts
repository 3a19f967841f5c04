import { relative } from 'node:path';
import type { RootCause } from '../../../domain/outcome.ts';
import type { StackSnapshot } from '../../../domain/snapshot.ts';
import { toMoment } from '../../../util/local-time.ts';
import type { RemoteControl } from '../../control/client.ts';
import { toCommandLine } from '../connect.ts';
import type { CommandContext } from '../context.ts';
import type { Output } from '../output.ts';
import { renderFailure } from '../render/failure.ts';

const againOf = (context: CommandContext): string =>
  toCommandLine(context, ['run', ...context.args.positionals, '--', ...context.args.rest]);

type Told = {
  readonly services: StackSnapshot['services'];
  readonly causes: readonly RootCause[];
  /** By whose width and colours; stderr when absent. */
  readonly output?: Output;
  /** What to type again; this very command when absent. */
  readonly again?: string;
};

/** The failure screen of each root cause, with the last lines of its log. To be asked for before the stack goes down. */
export const tellCauses = async (
  context: CommandContext,
  control: RemoteControl,
  { services, causes, output = context.stderr, again = againOf(context) }: Told,
): Promise<readonly string[]> => {
  const { cwd } = context;
  const screens = causes.map(async (cause) => {
    const why = await control.why(cause.name);
    const service = services.find(({ name }) => name === cause.name);
    const { state } = cause;
    const lastProbe = state.kind === 'failed' && state.failure.kind === 'not-ready' ? state.failure.lastProbe : null;
    const logFile = service === undefined ? '' : relative(cwd, service.log) || service.log;
    return [
      '',
      ...renderFailure(
        {
          cause,
          label: service?.label ?? cause.name,
          logLines: 'logLines' in why ? why.logLines : [],
          logFile,
          lastProbe,
          again,
          toType: (words) => toCommandLine(context, words),
          byHand: 'byHand' in why ? why.byHand : undefined,
        },
        { colour: output.colour, unicode: output.unicode, width: output.columns(), toTime: toMoment },
      ),
    ];
  });
  return (await Promise.all(screens)).flat();
};
