/**
 * The keys under `services:`, read line by line without a YAML parser: a shell asks at each press of the tab key, also while
 * the file is broken. Only plain names come out, because the shell expands what it is given.
 */
export const readServiceNames = (text: string): string[] => {
  const lines = text.split(/\r?\n/).filter((line) => !/^\s*(#|$)/.test(line));
  const start = lines.findIndex((line) => /^(["']?)services\1\s*:\s*(#.*)?$/.test(line.replace(/^\uFEFF/, '')));
  if (start < 0) return [];
  const names: string[] = [];
  let depth: number | null = null;
  for (const line of lines.slice(start + 1)) {
    const indentation = line.length - line.trimStart().length;
    if (indentation === 0) break;
    depth ??= indentation;
    const name = /^(["']?)([A-Za-z0-9][\w.-]*)\1\s*:(?:\s|$)/.exec(line.trimStart())?.[2];
    if (indentation === depth && name !== undefined) names.push(name);
  }
  return names;
};
