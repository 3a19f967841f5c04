import { lineAbove, lineAt } from './lines.ts';

/** How many spaces belong in the place of the tab at `from`, by the lines above it; where they do not tell, only that it is spaces. */
export const hintAtTab = (text: string, from: number): string => {
  const line = lineAt(text, from);
  const word = /^[^\s:]+/.exec(line.text.trim())?.[0] ?? '';
  const count = toSpaces(text, line.start);
  return count === null || word === ''
    ? 'replace the tab with spaces, as many as the lines of its level have'
    : `indent "${word}" by ${count} spaces`;
};

/** More lines in a row that all begin with tabs are not looked through. */
const mostLines = 200;

/** Null: it may end one level or several, or go on with the one above. */
const toSpaces = (text: string, start: number, depth = 0): number | null => {
  const line = lineAt(text, start);
  const lead = line.text.slice(0, line.indent);
  if (!lead.includes('\t')) return line.indent;
  const above = lineAbove(text, start);
  if (above === null) return 0;
  if (depth > mostLines) return null;
  const width = toSpaces(text, above.start, depth + 1);
  if (width === null) return null;
  if (opens(above.text)) return width + stepOf(text);
  const leadAbove = above.text.slice(0, above.indent);
  if (leadAbove.includes('\t')) return lead === leadAbove ? width : null;
  return opens(line.text) ? null : width;
};

const opens = (line: string): boolean => /:\s*(?:#.*)?$/.test(line);

/** By how much its first line that is indented with spaces is. */
const stepOf = (text: string): number => /\n( +)[^\s#]/.exec(text)?.[1]?.length ?? 2;
