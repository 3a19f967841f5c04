import { buildGraph } from '../../../domain/graph.ts';
import { logFilesOf } from '../../../domain/log-files.ts';
import { type Plan, toPlan } from '../../../domain/plan.ts';
import { noPath } from '../../../domain/process.ts';
import type { ServiceName, Stack } from '../../../domain/service.ts';
import { readMachineClass } from '../../../runtime/memory-file/machine.ts';
import { createGrowingMask, maskMirror } from '../../control/mask.ts';
import type { Mirror } from '../../control/mirror.ts';
import { toCommandLine } from '../connect.ts';
import type { CommandContext, Loaded } from '../context.ts';
import { readMemory } from '../read-memory.ts';
import type { Facts } from './facts.ts';
import type { LogFiles } from './follow-logs.ts';
import { createJsonView } from './json-view.ts';
import { createLiveView, type LiveView } from './live-view.ts';
import { createPlainView } from './plain-view.ts';
import { withSearched } from './searched.ts';
import type { View } from './view.ts';
import { withMask } from './with-mask.ts';

export type ViewOptions = {
  readonly context: CommandContext;
  readonly loaded: Loaded;
  /** Of a boot that finds something up, or nothing; null: not known. */
  readonly planOf: ((warm: boolean | null) => Plan) | null;
  /** What ends it, in a few words. */
  readonly hint: string;
  /** False: Ctrl-C only leaves the stack. */
  readonly canHurry?: boolean;
  readonly onLive?: (view: LiveView) => void;
};

/** The view for this output, to which nobody tells a secret. */
export const chooseView = (options: ViewOptions): ((mirror: Mirror) => View) => {
  const { context, loaded, planOf, hint, canHurry = true, onLive } = options;
  const { args, env, cwd } = context;
  const hidden = createGrowingMask();
  hidden.learnStack(loaded.stack, loaded.secrets);
  hidden.learnCaller(env);
  const again = toCommandLine(context, ['up', ...args.positionals]);
  const pathOf = (name: ServiceName): string | null => searchedBy(loaded.stack, name, env['PATH']);
  const choose = (facts: Facts): View => viewByOutput(context, facts, hint, onLive);
  return (mirror) => {
    const plan = planOf?.(mirror.snapshot().warm ?? null) ?? null;
    const shown = maskMirror(mirror, hidden.mask);
    const chosen = choose({
      mirror: shown,
      plan,
      cwd,
      again,
      toType: (words) => toCommandLine(context, words),
      pathOf,
      canHurry,
    });
    // For people, the report of a failure has it once; a line of news is one line.
    const view = withMask(args.flag('json') ? withSearched(chosen, pathOf) : chosen, hidden.mask);
    return {
      ...view,
      applied: async (services) => {
        // Before anything of a new service is shown, its secrets are known here.
        const also = services.map(({ name }) => name);
        const { stack, secrets } = await context.read({ also, environment: mirror.snapshot().environment });
        if (stack !== null) hidden.learnStack(stack, secrets);
      },
    };
  };
};

/** For programs, for a terminal, or for whatever else reads along. */
export const viewByOutput = (
  { args, stdout, env }: CommandContext,
  facts: Facts,
  hint: string,
  onLive?: (view: LiveView) => void,
): View => {
  if (args.flag('json')) return createJsonView(facts, stdout);
  if (!stdout.isTTY || env['TERM'] === 'dumb') return createPlainView(facts, stdout);
  const live = createLiveView(facts, stdout, hint);
  onLive?.(live);
  return live;
};

const searchedBy = ({ services }: Stack, name: ServiceName, own: string | undefined): string | null => {
  const path = services.get(name)?.env['PATH'] ?? own ?? '';
  if (typeof path !== 'string') return null;
  return path === '' ? noPath : path;
};

export const logFilesOfStack = ({ services }: Stack): LogFiles =>
  new Map([...services.values()].map((service) => [service.name, logFilesOf(service)]));

/** How long it should take, from what is remembered. */
export const readPlan = async ({ stack }: Loaded, { env }: CommandContext): Promise<(warm: boolean | null) => Plan> => {
  // What may be wrong with the file is told by whoever supervises, who has to live with it.
  const { history } = await readMemory(stack.root, null);
  const machine = readMachineClass(env);
  return (warm) => toPlan(stack, buildGraph(stack.services), history, { machine, warm });
};
