import { findSlowness } from './pattern-risk.ts';

export type PatternProblem = { readonly problem: string; readonly hint: string };

/** As it is typed between double quotes of YAML. */
const inYaml = (text: string): string => `"${text.replaceAll('\\', '\\\\')}"`;

/**
 * What is wrong with a regular expression, and how to mend it; null: it compiles and cannot run away. `quote`: how it is typed
 * where it comes from.
 */
export const findPatternProblem = (source: string, quote: (text: string) => string = inYaml): PatternProblem | null => {
  try {
    new RegExp(source);
  } catch (error) {
    return explain(source, error instanceof Error ? error.message : String(error), quote);
  }
  const slowness = findSlowness(source);
  if (slowness === null) return null;
  const hint = slowness === 'cubic' ? 'rewrite it with fewer repeats in a row' : 'rewrite it without nested repeats';
  return { problem: `regular expression can take ${slowness} time`, hint };
};

const explain = (source: string, message: string, quote: (text: string) => string): PatternProblem => {
  const what = message.slice(message.lastIndexOf(': ') + 2);
  if (what === 'Unterminated group') {
    const escaped = source.replace(/(?<!\\)\((?!.*\))/, '\\(');
    return { problem: 'invalid regular expression: missing ")"', hint: `escape the bracket: ${quote(escaped)}` };
  }
  if (what === "Unmatched ')'") return { problem: 'invalid regular expression: ")" closes nothing', hint: 'escape it: \\)' };
  if (what === 'Unterminated character class')
    return { problem: 'invalid regular expression: missing "]"', hint: 'escape it: \\[' };
  return {
    problem: `invalid regular expression: ${what.charAt(0).toLowerCase()}${what.slice(1)}`,
    hint: 'escape special characters with \\',
  };
};
