import type { Ms } from '../../domain/service.ts';
import { stripAnsi } from '../../util/ansi.ts';
import { followBytes } from '../logs/follow.ts';
import { createLineSplitter } from '../logs/line-splitter.ts';
import { awaitAbort } from './passive.ts';
import { createPatternBox, type PatternBox } from './pattern-box.ts';
import type { Verdict } from './pattern-worker.ts';
import type { AwaitSign, ProbeTarget, ProbeTools } from './probe.ts';
import { failed, passed, toWords } from './words.ts';

/** Characters of a line that a pattern sees. */
const longestMatch = 8192;
/** Lines that wait for a slow pattern; the oldest are dropped, and that is said. */
const longestQueue = 2000;
/** After an error in testing, the same lines are tested again so much later. */
const testAgainAfter: Ms = 250;

const toMatchText = (line: string): string => stripAnsi(line.length > longestMatch ? line.slice(0, longestMatch) : line);

const toBox = (source: string): PatternBox | null => {
  try {
    return createPatternBox(source);
  } catch {
    // Not a regular expression: told as the result.
    return null;
  }
};

const uniqueLogs = (logs: ProbeTarget['logs']): ProbeTarget['logs'] =>
  logs.filter(({ path }, index) => logs.findIndex((other) => other.path === path) === index);

type Search = { readonly box: PatternBox; readonly tools: ProbeTools; readonly onMatch: () => void };

/** Tests texts in the order they come; while one batch is tested the next gathers. */
const createSearch = ({ box, tools, onMatch }: Search): ((texts: readonly string[]) => void) => {
  let gathered: string[] = [];
  let isTesting = false;

  const testGathered = async (): Promise<void> => {
    while (gathered.length > 0 && !tools.signal.aborted) {
      const batch = gathered;
      gathered = [];
      const verdict = await testOrPutBack(batch);
      if (verdict === null) return;
      if (verdict === 'match') {
        onMatch();
        return;
      }
      if (verdict === 'slow' && !tools.signal.aborted) tools.note(box.slowDetail);
    }
  };

  /** Null: there is no thread to be had for it just now; its lines wait. */
  const testOrPutBack = async (batch: readonly string[]): Promise<Verdict | null> => {
    try {
      return await box.test(batch, tools.signal);
    } catch (error) {
      if (tools.signal.aborted) return null;
      gathered = [...batch, ...gathered];
      tools.note(`the pattern ${box.source} could not be tried: ${toWords(error)}`);
      tools.clock.setTimer(testAgainAfter, begin);
      return null;
    }
  };

  const begin = (): void => {
    if (isTesting) return;
    isTesting = true;
    void testGathered().finally(() => {
      isTesting = false;
    });
  };

  return (texts) => {
    gathered.push(...texts);
    if (gathered.length > longestQueue) {
      gathered = gathered.slice(-longestQueue);
      tools.note(`the pattern ${box.source} is slower than the output: lines were skipped`);
    }
    begin();
  };
};

/**
 * Passes when a line of this attempt's output matches, on either stream, colours aside. The line that has not ended yet is
 * tried too: a prompt has no newline. Invalid patterns are refused with the configuration; here they are a failed check.
 */
export const awaitLog: AwaitSign<'log'> = ({ pattern }, target, tools) => {
  const box = toBox(pattern);
  if (box === null) return Promise.resolve(failed(`${pattern} is not a regular expression`));
  if (target.logs.length === 0) return Promise.resolve(failed('the service has no log'));

  return awaitAbort(tools.signal, (settle) => {
    const search = createSearch({ box, tools, onMatch: () => settle(passed) });
    const followers = uniqueLogs(target.logs).map(({ path, from }) => {
      const splitter = createLineSplitter();
      return followBytes({
        path,
        from,
        isUrgent: true,
        onBytes: (bytes) => {
          const texts = splitter.push(bytes).map(toMatchText);
          const rest = splitter.unfinished();
          search(rest === '' || rest.length > longestMatch ? texts : [...texts, toMatchText(rest)]);
        },
        onRestart: () => splitter.flush(),
      });
    });
    return () => {
      for (const follower of followers) follower.stop();
    };
  });
};
