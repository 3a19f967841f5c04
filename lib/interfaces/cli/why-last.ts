import { relative } from 'node:path';
import { rootsOf } from '../../domain/causes.ts';
import { excerptLength, linesForExcerpt, toLastLines } from '../../domain/excerpt.ts';
import { type KeptFailure, tellKept } from '../../domain/kept-failure.ts';
import { explainLast, hadNoPort } from '../../domain/last-boot.ts';
import { logFilesOf } from '../../domain/log-files.ts';
import { findByName, toGrouped } from '../../domain/replicas.ts';
import type { Service, ServiceName, Stack } from '../../domain/service.ts';
import { openReadBack } from '../../runtime/logs/read-back.ts';
import type { TimedLines } from '../../runtime/logs/timed-lines.ts';
import { toByHand } from '../control/by-hand.ts';
import type { Mask } from '../control/mask.ts';
import type { Said, Why, WhyStep } from '../control.ts';
import { toCommandLine } from './connect.ts';
import type { CommandContext } from './context.ts';
import { type LastBoot, lookAtLastBoot } from './last-boot.ts';
import { createHiding } from './logs/hiding.ts';
import { adviceForLast, type Remembered } from './render/advice.ts';

/** What kept a service from coming up in the last boot, as far as the memory and the log files still have it. */
export type WhyLast = {
  readonly boot: LastBoot;
  readonly why: Why;
  /** What to type next. */
  readonly next: string;
};

/** Null: nothing is known to have failed, or this service did come up. */
export const askWhyLast = async (context: CommandContext, named: string): Promise<WhyLast | null> => {
  const found = await lookAtLastBoot(context, { alsoInterrupted: true });
  if (found === null) return null;
  const { boot, read } = found;
  const { stack } = read;
  const services: Stack['services'] = stack?.services ?? new Map();
  const members = findByName([...services.values()].map(toGrouped), named);
  const hiding = createHiding(context);
  hiding.learn(read);
  const tellMore = (name: ServiceName, { failure }: { readonly failure?: KeptFailure }): string | null => {
    const told = tellKept(failure, services.get(name));
    return told === null ? null : hiding.mask(told);
  };
  const steps = (members.length === 0 ? [named] : members)
    .map((name) => explainLast(name, boot, (each) => needsOf(services, each), tellMore))
    .find(({ length }) => length > 0);
  const root = steps?.at(-1);
  if (steps === undefined || root === undefined) return null;
  const said: Said[] = [];
  for (const step of rootsOf(steps)) said.push(...(await hear(step, { boot, services, mask: hiding.mask })));
  const last = said.find(({ service }) => service === root.service);
  const others = said.filter((each) => each !== last);
  const service = services.get(root.service);
  const byHand = service === undefined ? null : toByHand(service, { stack: { services }, records: new Map(), mask: hiding.mask });
  const why: Why = {
    service: steps[0]?.service ?? named,
    steps,
    logLines: last?.logLines ?? [],
    logFile: last?.logFile ?? null,
    ...(byHand === null ? {} : { byHand }),
    ...(others.length === 0 ? {} : { others }),
  };
  const next = adviceForLast({
    ...why,
    name: root.service,
    ...failedOf(root, boot),
    isOver: boot.run.outcome !== 'interrupted',
    logFile: why.logFile === null ? null : relative(context.cwd, why.logFile) || why.logFile,
    toType: (words) => toCommandLine(context, words),
  });
  return { boot, why, next };
};

/** What it does not start without. */
const needsOf = (services: Stack['services'], name: ServiceName): readonly ServiceName[] =>
  (services.get(name)?.dependsOn ?? []).flatMap(({ on, required }) =>
    required && services.get(on)?.optional === false ? [on] : [],
  );

type Hearing = {
  readonly boot: LastBoot;
  readonly services: ReadonlyMap<ServiceName, Service>;
  readonly mask: Mask;
};

/** The last lines that it wrote since that boot began, whichever of its files they are in. */
const hear = async (root: WhyStep, { boot, services, mask }: Hearing): Promise<readonly Said[]> => {
  const service = services.get(root.service);
  const { run } = boot;
  if (service === undefined || hadNoPort(failedOf(root, boot))) return [];
  const batches: TimedLines[] = [];
  for (const path of logFilesOf(service)) {
    const count = linesForExcerpt(excerptLength);
    const reading = await openReadBack({ path, count, wants: null, since: run.startedAt, isFollowed: false });
    try {
      for await (const lines of reading.lines) batches.push(lines);
    } finally {
      reading.close();
    }
  }
  const lines = batches.sort((a, b) => a.order - b.order).flatMap(({ texts }) => texts.map(mask));
  return [{ service: service.name, logLines: toLastLines(lines, excerptLength), logFile: service.log.file }];
};

const failedOf = ({ service }: WhyStep, { failed }: LastBoot): Pick<Remembered, 'reason' | 'failure'> => {
  const { reason = null, failure } = failed.find(({ name }) => name === service) ?? {};
  return { reason, ...(failure === undefined ? {} : { failure }) };
};
