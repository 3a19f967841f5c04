import type { ProbeResult } from '../../domain/process.ts';
import type { Ms, ProbeKind } from '../../domain/service.ts';
import {
  delayTogether,
  nextCommandDelayAround,
  nextLookDelayAround,
  nextProbeDelayAround,
  shareOut,
  spreadOf,
} from '../../util/ramp.ts';
import type { Clock, Timer } from '../clock.ts';
import { hearOf } from '../logs/hearers.ts';
import type { Sockets } from '../sockets.ts';
import { abortAfter } from './deadline.ts';
import { createListenWatch, decisivePort } from './listen-watch.ts';
import type { ProbeRun, ProbeTools, ReadyCheck, StartProbing } from './probe.ts';
import { type ProbeImplementation, probes } from './registry.ts';
import { checkOver, failed, toWords } from './words.ts';

export type ProbingDependencies = {
  readonly sockets: Sockets;
  readonly clock: Clock;
};

/** Between two checks of all ramps together: with a thousand services starting at once each is asked twice a second. */
const rampShare: Ms = 0.5;
/** What the first check of a kind needs is loaded so long after it was begun: the starts of other services come before. */
const prepareAfter: Ms = 10;
/** A wait for a sign that ended in an error is begun anew after this long. */
const waitAgainAfter: Ms = 1_000;
/** The shortest interval of a health probe, which the schema allows and more would be a load of its own. */
const shortestInterval: Ms = 10;

type AnyKind = ProbeImplementation<ProbeKind>;
type Active = Extract<AnyKind, { mode: 'active' }>;
type Passive = Extract<AnyKind, { mode: 'passive' }>;

// The registry pairs each kind with its own implementation, and a check carries its kind: the pair is always of one kind,
// which the type of a lookup cannot express.
const implementationOf = (check: ReadyCheck): AnyKind => probes[check.kind] as AnyKind;

type Teller = {
  readonly tell: (result: ProbeResult) => void;
  /** It was seen, without a check, that one would fail. */
  readonly miss: (at: Ms) => void;
};

/** Tells a failure only when it says something new, while a probe asks every few milliseconds. */
const onlyNews = (run: ProbeRun, clock: Clock, isCounted: boolean): Teller => {
  let lastDetail: string | null = null;
  let missedAt: Ms | null = null;
  let checks = 0;
  return {
    miss: (at) => {
      missedAt = Math.max(missedAt ?? at, at);
    },
    tell: (result) => {
      const now = clock.now();
      checks += 1;
      const detail = result.ok ? null : result.detail;
      if (!result.ok) missedAt = now;
      if (run.purpose === 'ready' && detail !== null && detail === lastDetail) return;
      lastDetail = detail;
      if (isCounted) run.report(result, now, missedAt, checks);
      else run.report(result, now, missedAt);
    },
  };
};

/** Creates the runner of probes. One for all services: it shares out the cost of those that are in their ramp at once. */
export const createStartProbing = ({ sockets, clock }: ProbingDependencies): StartProbing => {
  let ramps = 0;
  const { listeningPorts } = sockets;
  const watch = listeningPorts === undefined ? null : createListenWatch({ clock, readPorts: listeningPorts });

  const checkOnce = async (run: ProbeRun, kind: Active, controller: AbortController): Promise<ProbeResult> => {
    const timer = abortAfter(run.probe.timeout, controller, clock);
    try {
      const tools: ProbeTools = { sockets, clock, signal: controller.signal, note: () => {} };
      return await kind.check(run.check, run.target, tools);
    } catch (error) {
      // What keeps us from asking (no file can be opened, say) is a failure like any other: the next check may do better.
      return failed(toWords(error));
    } finally {
      timer.cancel();
      // Ends whatever the check left behind: a body it did not read, an address it did not need.
      controller.abort(checkOver);
    }
  };

  const pauseAfter = ({ purpose, probe, usual = null }: ProbeRun, kind: Active, begun: Ms): Ms => {
    const interval = Math.max(shortestInterval, probe.interval);
    if (purpose === 'health') return delayTogether(interval, clock.now());
    const elapsed = clock.now() - begun;
    const ramp = kind.cost === 'process' ? nextCommandDelayAround(elapsed, usual) : nextProbeDelayAround(elapsed, usual);
    return shareOut(Math.min(ramp, interval), ramps, rampShare);
  };

  const firstPause = ({ purpose, probe, target }: ProbeRun): Ms => {
    const { project, service } = target.tree.marker;
    return purpose === 'ready' ? 0 : probe.interval * spreadOf(`${project}/${service}`);
  };

  const startActive = (run: ProbeRun, kind: Active): { stop(): void } => {
    const { tell, miss } = onlyNews(run, clock, true);
    const begun = clock.now();
    let isStopped = false;
    let controller: AbortController | null = null;
    let timer: Timer | null = null;
    let stopWaiting: () => void = () => undefined;
    const port = run.purpose === 'ready' ? decisivePort(run.check, run.target.ports) : null;

    /** While nobody listens there is nothing to ask; it is seen when somebody begins to, sooner than by asking. */
    const askLater = (): void => {
      if (watch === null || port === null || watch.isListening(port)) {
        timer = clock.setTimer(pauseAfter(run, kind, begun), () => void ask());
        return;
      }
      // Most programs print a line when they have begun to listen.
      const deafen = run.target.logs.map(({ path }) => hearOf(path, watch.nudge));
      const unwatch = watch.wait({
        port,
        pace: () => nextLookDelayAround(clock.now() - begun, run.usual ?? null),
        onListening: (missedAt) => {
          stopWaiting();
          miss(missedAt);
          void ask();
        },
      });
      stopWaiting = () => {
        unwatch();
        for (const stop of deafen) stop();
      };
    };

    const ask = async (): Promise<void> => {
      controller = new AbortController();
      const result = await checkOnce(run, kind, controller);
      // What a check says that ended because of a stop is of no attempt any more.
      if (!isStopped) tell(result);
      if (!isStopped) askLater();
    };

    const preparing = kind.prepare === null ? null : clock.setTimer(prepareAfter, () => void kind.prepare?.());
    if (run.purpose === 'ready') ramps += 1;
    const first = firstPause(run);
    if (first === 0) void ask();
    else timer = clock.setTimer(first, () => void ask());
    return {
      stop: () => {
        if (isStopped) return;
        isStopped = true;
        if (run.purpose === 'ready') ramps -= 1;
        preparing?.cancel();
        timer?.cancel();
        stopWaiting();
        controller?.abort(checkOver);
      },
    };
  };

  const startPassive = (run: ProbeRun, kind: Passive): { stop(): void } => {
    const over = new AbortController();
    const { tell } = onlyNews(run, clock, false);
    const note = (detail: string): void => tell(failed(detail));
    const tools: ProbeTools = { sockets, clock, signal: over.signal, note };
    let timer: Timer | null = null;
    const wait = (): void => {
      kind.awaitSign(run.check, run.target, tools).then(tell, (error: unknown) => {
        if (over.signal.aborted) return;
        note(toWords(error));
        timer = clock.setTimer(waitAgainAfter, wait);
      });
    };
    wait();
    return {
      stop: () => {
        timer?.cancel();
        over.abort(checkOver);
      },
    };
  };

  return (run) => {
    const kind = implementationOf(run.check);
    return kind.mode === 'active' ? startActive(run, kind) : startPassive(run, kind);
  };
};
