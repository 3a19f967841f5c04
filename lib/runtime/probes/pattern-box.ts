import { createContext, Script } from 'node:vm';
import type { Ms } from '../../domain/service.ts';
import { matchInWorker } from './pattern-worker.ts';

/**
 * Patterns come from `services.yaml` and are run on whatever a service prints: some take time exponential in the length of a
 * line (S-34). All matching is therefore timed. It runs here while it is quick, which is nearly always; a pattern that was
 * once too slow runs in a thread from then on.
 */
export type PatternBox = {
  readonly source: string;
  /** `slow`: no match found, and on at least one text the search was given up. */
  test(texts: readonly string[], signal: AbortSignal): Promise<Verdict>;
  /** For people: what `slow` means. */
  readonly slowDetail: string;
};

export type Verdict = 'match' | 'none' | 'slow';

/** Longest time that matching may keep the loop from everything else, and longest for one text in the thread. */
const boxHere: Ms = 10;
export const boxInThread: Ms = 50;

// Without a quantifier a pattern cannot take longer than its own length for each character, so it needs no box.
const hasQuantifier = /[*+?{]/;

const script = new Script('run()');
const context = createContext({ run: null });

const isTimeout = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';

const runBoxed = (run: () => boolean): boolean | 'slow' => {
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
