export type DockerIgnore = {
  /** Whether a builder leaves it out; `path` is relative to the context, with slashes. */
  leavesOut(path: string): boolean;
  /** Whether nothing below a folder can come back by an exception, so that nobody has to look into it. */
  leavesOutWhole(folder: string): boolean;
};

type Rule = { readonly expression: RegExp; readonly isException: boolean };

/**
 * A `.dockerignore` as Docker reads it: patterns from the root of the context, `**` for any number of folders, `!` for exceptions; a
 * folder that matches takes along what is in it, and the last pattern that says anything about a path counts.
 */
export const parseDockerIgnore = (text: string): DockerIgnore => {
  const rules = text.split(/\r?\n/).flatMap(toRule);
  const leavesOut = (path: string): boolean => {
    const parts = path.split('/');
    const wholes = parts.map((_, index) => parts.slice(0, index + 1).join('/'));
    return rules.reduce(
      (isOut, { expression, isException }) => (wholes.some((whole) => expression.test(whole)) ? !isException : isOut),
      false,
    );
  };
  const hasExceptions = rules.some(({ isException }) => isException);
  return { leavesOut, leavesOutWhole: (folder) => !hasExceptions && leavesOut(folder) };
};

const toRule = (line: string): readonly Rule[] => {
  if (line.startsWith('#')) return [];
  const isException = line.trim().startsWith('!');
  const pattern = line
    .trim()
    .replace(/^!\s*/, '')
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
  return pattern === '' ? [] : [{ expression: toExpression(pattern), isException }];
};

const toExpression = (pattern: string): RegExp => {
  const tokens = pattern.match(/\*\*\/?|\*|\?|\[[^\]]+\]|\\.|[^*?[\\]+|[[\\]/g) ?? [];
  return new RegExp(`^${tokens.map(toSource).join('')}$`, 's');
};

const toSource = (token: string): string => {
  if (token === '**/') return '(?:.*/)?';
  if (token === '**') return '.*';
  if (token === '*') return '[^/]*';
  if (token === '?') return '[^/]';
  if (token.length > 1 && token.startsWith('[')) return `[${token.slice(1, -1).replaceAll(/[\\[\]]/g, '\\$&')}]`;
  return escape(token.length > 1 && token.startsWith('\\') ? token.slice(1) : token);
};

const escape = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
