import { hasErrors } from '../../../domain/diagnostic.ts';
import { toGrouped } from '../../../domain/replicas.ts';
import type { ServiceName, Stack } from '../../../domain/service.ts';
import type { ServiceSnapshot, StackSnapshot } from '../../../domain/snapshot.ts';
import { readBootedAt } from '../../../runtime/processes/booted-at.ts';
import { backgroundVariable } from '../../../supervisor/addresses.ts';
import { didYouMean } from '../../../util/did-you-mean.ts';
import { toSafeText } from '../../../util/terminal-text.ts';
import { connectControl, type RemoteControl } from '../../control/client.ts';
import { toBareStack } from '../bare-stack.ts';
import { findPlace, isConnectionError, refuseOther, toCommandLine } from '../connect.ts';
import type { CommandContext } from '../context.ts';
import { findOtherThanNamed } from '../other-file.ts';
import { readMemory } from '../read-memory.ts';
import { chooseBroken } from '../recover/broken.ts';
import { reapOrphans } from '../recover/reap.ts';
import { findRemembered, type Remembered, toRemembered } from '../recover/remembered.ts';
import { tellRecovery } from '../recover/render.ts';
import { tellRefusal, tellUnknown } from '../render/actions.ts';
import { findUnknown, isUp } from '../render/status.ts';
import { awaitBoot, type Stack as OwnStack, openOwnStack } from '../run/own-stack.ts';

type Place = Extract<Awaited<ReturnType<typeof findPlace>>, { readonly ok: true }>;

/**
 * Brings back what should run: under the supervisor that is there, or, where it was killed or the machine booted anew, under a
 * new one that takes over what lives and starts the rest as the memory has it.
 */
export const run = async (context: CommandContext): Promise<number> => {
  const { stderr, env } = context;
  if (env[backgroundVariable] === '1') return superviseAgain(context);
  const refuse = (reason: string, code: number): number => {
    stderr.line(`muster recover: ${reason}`);
    return code;
  };
  const place = await findPlace(context);
  if (!place.ok) return refuse(place.reason, 2);
  const found = await connectControl(place.folder);
  if (!found.ok) {
    if (found.why === 'version') found.close();
    return found.why === 'none' ? bringBack(context, place) : refuse(found.reason, 5);
  }
  try {
    return await mend(context, found, place);
  } catch (error) {
    if (!isConnectionError(error)) throw error;
    return refuse(`${error.message}; "${toCommandLine(context, ['recover'])}" again takes over what it left`, 1);
  } finally {
    found.close();
  }
};

/** A supervisor is there: what failed for good, or is about to be tried again, starts anew, with what was skipped for it. */
const mend = async (context: CommandContext, control: RemoteControl, { project, root }: Place): Promise<number> => {
  const { args, stderr, stdout } = context;
  const began = performance.now();
  const before = await control.snapshot();
  const other = findOtherThanNamed(context, before);
  if (other !== null) {
    stderr.line(`muster recover: ${refuseOther(context, other, ['recover', ...args.positionals])}`);
    return 2;
  }
  const unknown = findUnknown(before, args.positionals);
  if (unknown !== null) {
    stderr.line(unknown);
    return 2;
  }
  const reaped = await reapOrphans(project, {
    root,
    env: context.env,
    control,
    stack: () => readAsItRuns(context, before, root),
  });
  const { toStart, toRestart } = chooseBroken(before, args.positionals);
  for (const act of [
    () => (toRestart.length === 0 ? null : control.restart(toRestart)),
    () => (toStart.length === 0 ? null : control.start(toStart)),
  ]) {
    const result = await act();
    if (result === null || result.ok) continue;
    if (args.flag('json')) stdout.line(JSON.stringify({ ok: false, refusal: result.refusal }));
    else stderr.lines(tellRefusal(result.refusal, { command: 'recover', named: args.positionals }));
    return 1;
  }
  return tellRecovery(context, {
    wasRunning: true,
    reaped,
    adopted: [],
    started: [...toRestart, ...toStart],
    missing: [],
    snapshot: await control.snapshot(),
    took: performance.now() - began,
  });
};

/** All that its file has, as it is stopped in the environment that it runs in; a broken file has nothing. */
const readAsItRuns = async (context: CommandContext, { environment }: StackSnapshot, root: string): Promise<Stack> => {
  const { stack, diagnostics } = await context.read({ environment, allProfiles: true, checkSystem: false, isTold: true });
  return stack === null || hasErrors(diagnostics) ? toBareStack(root, context.args.text('file') ?? 'services.yaml') : stack;
};

/** Nobody supervises: what the memory has is brought back in the background. */
const bringBack = async (context: CommandContext, { root, folder }: Place): Promise<number> => {
  const { args, stdout, stderr } = context;
  const began = performance.now();
  const chosen = await choose(context, await remember(root, stderr));
  if (typeof chosen === 'number') return chosen;
  if (chosen.remembered.wasTakenDown || chosen.names.length === 0) {
    if (args.flag('json')) stdout.line(JSON.stringify({ ok: true, wasRunning: false, started: [], missing: chosen.missing }));
    else {
      const why = chosen.remembered.wasTakenDown
        ? 'nothing to bring back: it was taken down in order'
        : 'nothing is remembered that could be brought back';
      stdout.line(
        `${why}; "${toCommandLine(context, ['up', ...args.positionals])}" starts ${args.positionals.length === 0 ? 'the stack' : 'them'}`,
      );
    }
    return 0;
  }
  const opened = await openOwnStack(context, folder, 'recover');
  if (typeof opened === 'number') return opened;
  try {
    const reporting = opened.control.boot().catch(() => null);
    const snapshot = await awaitBoot(context, opened.control, true);
    const report = await reporting;
    if (snapshot === null || report === null || report.refused !== undefined) {
      stderr.write(await tellWhyItEnded(context, opened, report?.refused ?? null));
      return 1;
    }
    const isAsItWas = (name: ServiceName): boolean => {
      const pid = snapshot.services.find((service) => service.name === name)?.pid ?? null;
      return pid !== null && pid === chosen.remembered.processes.get(name)?.pid;
    };
    // What had failed, or was stopped, and was not asked for now is only as it was.
    const isMeant = (service: ServiceSnapshot): boolean => chosen.names.includes(service.name) || isUp(service);
    const brought = snapshot.services.filter(isMeant).map(({ name }) => name);
    return tellRecovery(context, {
      wasRunning: false,
      reaped: [],
      adopted: brought.filter(isAsItWas),
      started: brought.filter((name) => !isAsItWas(name)),
      missing: chosen.missing,
      snapshot,
      took: performance.now() - began,
    });
  } finally {
    opened.control.close();
  }
};

/** When it has. `refused`: why nothing was started, as it was told. */
const tellWhyItEnded = async (context: CommandContext, { unheard }: OwnStack, refused: string | null): Promise<string> => {
  const words = (await unheard?.()) ?? '';
  if (refused !== null) return `muster recover: ${toSafeText(refused, { colours: false })}\n`;
  return words || `muster recover: the new supervisor ended; "${toCommandLine(context, ['doctor'])}" may know why\n`;
};

const remember = async (root: string, stderr: CommandContext['stderr']): Promise<Remembered> =>
  toRemembered(await readMemory(root, stderr), readBootedAt());

type Chosen = {
  readonly names: readonly ServiceName[];
  readonly missing: readonly ServiceName[];
  readonly remembered: Remembered;
};

/** What is remembered and still in the file, of what was asked for. A number: it was told what is wrong. */
const choose = async (context: CommandContext, remembered: Remembered): Promise<Chosen | number> => {
  const { args, stderr } = context;
  const { environment } = remembered;
  const request = environment === null ? {} : { environment };
  const all = (await context.read({ ...request, allProfiles: true })).stack ?? (await context.load(request))?.stack ?? null;
  if (all === null) return 2;
  const services = [...all.services.values()].map(toGrouped);
  const find = (name: string): readonly ServiceName[] => findRemembered(remembered.names, services, name);
  const unknown = args.positionals.find((name) => find(name).length === 0);
  if (unknown !== undefined) {
    stderr.line(`${tellUnknown(unknown, didYouMean(unknown, remembered.names))} (only what ran can be brought back)`);
    return 2;
  }
  const wanted = args.positionals.length === 0 ? remembered.names : [...new Set(args.positionals.flatMap(find))];
  const names = wanted.filter((name) => all.services.has(name));
  return { names, missing: wanted.filter((name) => !all.services.has(name)), remembered };
};

/** In the background: `up` of what is remembered, in the environment that it ran in. */
const superviseAgain = async (context: CommandContext): Promise<number> => {
  const place = await findPlace(context, false);
  if (!place.ok) return 2;
  const chosen = await choose(context, await remember(place.root, context.stderr));
  if (typeof chosen === 'number') return chosen;
  const { environment } = chosen.remembered;
  const request = environment === null ? {} : { environment };
  const { run: up } = await import('./up.ts');
  return up({
    ...context,
    args: { ...context.args, positionals: chosen.names },
    load: (asked) => context.load({ ...asked, ...request }),
    read: (asked) => context.read({ ...asked, ...request }),
  });
};
