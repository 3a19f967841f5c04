import { createContext, Script } from 'node:vm';
import type { Ms } from '../../domain/service.ts';
import { lazy } from '../../util/lazy.ts';
import { matchInWorker, type Verdict } from './pattern-worker.ts';
import { codeOf } from './words.ts';

/**
 * Patterns come from `services.yaml` and are run on whatever a service prints: some take time exponential in the length of a
 * line (S-34). All matching is therefore timed. It runs here while it is quick, which is nearly always; a pattern that was
 * once too slow runs in a thread from then on.
 */
export type PatternBox = {
  readonly source: string;
  test(texts: readonly string[], signal: AbortSignal): Promise<Verdict>;
  /** For people: what `slow` means. */
  readonly slowDetail: string;
};

/** Longest time that matching may keep the loop from everything else, and longest for one text in the thread. */
const boxHere: Ms = 10;
const boxInThread: Ms = 50;

// Without a quantifier a pattern cannot take longer than its own length for each character, so it needs no box.
const hasQuantifier = /[*+?{]/;

const boxed = lazy(() => ({ script: new Script('run()'), context: createContext({ run: null }) }));

// The error may be of the context's own realm, where `instanceof Error` says nothing.
const isTimeout = (error: unknown): boolean => codeOf(error) === 'ERR_SCRIPT_EXECUTION_TIMEOUT';

const runBoxed = (run: () => boolean): boolean | 'slow' => {
  const { script, context } = boxed();
  context['run'] = run;
  try {
    return script.runInContext(context, { timeout: boxHere }) === true;
  } catch (error) {
    if (isTimeout(error)) return 'slow';
    throw error;
  } finally {
    context['run'] = null;
  }
};

/** Throws a SyntaxError for a source that is no regular expression. */
export const createPatternBox = (source: string): PatternBox => {
  const pattern = new RegExp(source, 'm');
  const needsBox = hasQuantifier.test(source);
  let isSlow = false;
  const run = (texts: readonly string[]): boolean => texts.some((text) => pattern.test(text));

  return {
    source,
    slowDetail: `the pattern ${source} takes longer than ${boxInThread} ms on this text: it was given up there`,
    test: async (texts, signal) => {
      if (texts.length === 0) return 'none';
      if (!needsBox) return run(texts) ? 'match' : 'none';
      const verdict = isSlow ? 'slow' : runBoxed(() => run(texts));
      if (verdict !== 'slow') return verdict ? 'match' : 'none';
      isSlow = true;
      return matchInWorker({ source, texts, box: boxInThread }, signal);
    },
  };
};
