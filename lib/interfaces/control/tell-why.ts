import { rootsOf } from '../../domain/causes.ts';
import { excerptLength } from '../../domain/excerpt.ts';
import { explain } from '../../domain/explain.ts';
import type { ServiceName } from '../../domain/service.ts';
import { newRecord } from '../../domain/state.ts';
import type { ToTime } from '../../domain/words.ts';
import type { Session } from '../../supervisor/session.ts';
import type { Said, Why } from '../control.ts';
import { toByHand } from './by-hand.ts';

export type TellWhyOptions = {
  readonly session: Pick<Session, 'stack' | 'graph' | 'records' | 'now' | 'wall' | 'tail'>;
  readonly toTime: ToTime;
  /** Takes out what is not to be shown. */
  readonly mask?: ((text: string) => string) | undefined;
};

/** The chains of causes, and what each root said last. */
export const tellWhy = async (name: ServiceName, { session, toTime, mask = (text) => text }: TellWhyOptions): Promise<Why> => {
  const { stack, graph, records } = session;
  const steps = explain(name, { stack, graph, records, now: session.now(), wall: session.wall(), toTime });
  const roots = rootsOf(steps).map(({ service }) => service);
  const root = roots.at(-1) ?? name;
  const hear = async (from: ServiceName): Promise<readonly Said[]> => {
    const logFile = stack.services.get(from)?.log.file;
    const hasRun = (records.get(from) ?? newRecord).attempt > 0;
    if (!hasRun || logFile === undefined) return [];
    return [{ service: from, logLines: (await session.tail(from, excerptLength)).map(mask), logFile }];
  };
  const said = (await Promise.all(roots.map(hear))).flat();
  const last = said.find(({ service }) => service === root);
  const others = said.filter((each) => each !== last);
  const service = stack.services.get(root);
  const byHand = service === undefined ? null : toByHand(service, { stack, records, mask });
  return {
    service: name,
    steps,
    logLines: last?.logLines ?? [],
    logFile: last?.logFile ?? null,
    ...(byHand === null ? {} : { byHand }),
    ...(others.length === 0 ? {} : { others }),
  };
};
