export type Line = { readonly start: number; readonly end: number; readonly text: string; readonly indent: number };

export const lineAt = (text: string, offset: number): Line => {
  const start = offset === 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1;
  const next = text.indexOf('\n', start);
  const end = next < 0 ? text.length : next;
  const line = text.slice(start, end).replace(/\r$/, '');
  return { start, end: start + line.length, text: line, indent: line.length - line.trimStart().length };
};

export const lineAbove = (text: string, start: number): Line | null => {
  let at = start;
  while (at > 0) {
    const line = lineAt(text, at - 1);
    if (line.text.trim() !== '' && !line.text.trimStart().startsWith('#')) return line;
    at = line.start;
  }
  return null;
};
