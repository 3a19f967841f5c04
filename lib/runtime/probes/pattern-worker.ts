import type { Worker } from 'node:worker_threads';
import type { Ms } from '../../domain/service.ts';

/** `slow`: no match found, and on at least one text the search was given up. */
export type Verdict = 'match' | 'none' | 'slow';

/** `box`: how long it may take for each text, of the thread's own processor time where the system tells that. */
export type Matching = { readonly source: string; readonly texts: readonly string[]; readonly box: Ms };

// Plain source, so that it is the same from the bundle and from the sources. Each text has its own box; a text on which the
// search is given up does not end the search in the others. The box is closed by the clock: a thread that had no turn meanwhile, on
// a machine that is busy or was asleep, begins again.
const code = `
const { readFileSync } = require('node:fs');
const { parentPort } = require('node:worker_threads');
const mostBoxes = 20;
const cpuTime = () => {
  try {
    return Number(readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ')[0]) / 1e6;
  } catch {
    return NaN;
  }
};
const search = (box) => {
  for (let boxes = 1; ; boxes += 1) {
    const from = cpuTime();
    try {
      return script.runInContext(context, { timeout: box }) ? 'match' : 'none';
    } catch (error) {
      if (error.code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
      if (!(cpuTime() - from < box / 2) || boxes === mostBoxes) return 'slow';
    }
  }
};
const { createContext, Script } = require('node:vm');
const script = new Script('pattern.test(text)');
const context = createContext({ pattern: null, text: '' });
parentPort.on('message', ({ id, source, texts, box }) => {
  context.pattern = new RegExp(source, 'm');
  let verdict = 'none';
  for (const text of texts) {
    context.text = text;
    const found = search(box);
    if (found !== 'none') verdict = found;
    if (found === 'match') break;
  }
  parentPort.postMessage({ id, verdict });
});
`;

type Answered = { readonly id: number; readonly verdict: Verdict };

/** After this long without work the thread ends; the next slow pattern starts another. */
const idleEnd: Ms = 5000;

let worker: Worker | null = null;
let lastId = 0;
let idle: NodeJS.Timeout | null = null;
const waiting = new Map<number, (verdict: Verdict) => void>();

const giveUpAll = (): void => {
  worker = null;
  for (const settle of waiting.values()) settle('slow');
  waiting.clear();
};

const endWhenIdle = (): void => {
  if (idle !== null) clearTimeout(idle);
  idle = setTimeout(() => {
    if (waiting.size > 0) return;
    const done = worker;
    worker = null;
    void done?.terminate();
  }, idleEnd).unref();
};

const startWorker = (Thread: typeof Worker): Worker => {
  const started = new Thread(code, {
    eval: true,
    env: {},
    execArgv: [],
    stdin: false,
    resourceLimits: { maxOldGenerationSizeMb: 64 },
  });
  started.unref();
  started.on('message', ({ id, verdict }: Answered) => {
    waiting.get(id)?.(verdict);
    waiting.delete(id);
    if (waiting.size === 0) endWhenIdle();
  });
  // A thread that dies of a pattern (memory) leaves its questions open: they are answered as given up.
  started.on('error', giveUpAll);
  return started;
};

/** Searches in a thread of its own, one question after the other. An abort leaves the answer to nobody. Rejects when there is no thread to be had. */
export const matchInWorker = async (matching: Matching, signal: AbortSignal): Promise<Verdict> => {
  // Most stacks have no such pattern, and never load this.
  const { Worker: Thread } = await import('node:worker_threads');
  if (signal.aborted) return 'slow';
  worker ??= startWorker(Thread);
  lastId += 1;
  const id = lastId;
  worker.postMessage({ id, ...matching });
  return new Promise((settle) => {
    const onAbort = (): void => {
      waiting.delete(id);
      settle('slow');
    };
    waiting.set(id, (verdict) => {
      signal.removeEventListener('abort', onAbort);
      settle(verdict);
    });
    signal.addEventListener('abort', onAbort, { once: true });
  });
};
