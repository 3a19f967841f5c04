import { wrapWhole } from './wrap.ts';

/** Columns that people without a wide terminal have. */
const widest = 100;

/** docs/fields.md as lines for a terminal: links without their targets, and a field of a table on lines of its own. */
export const renderFields = (markdown: string): string[] => {
  const lines: string[] = [];
  const push = (...added: readonly string[]): void => {
    // Of several empty lines one is enough.
    for (const line of added) if (line !== '' || (lines.length > 0 && lines.at(-1) !== '')) lines.push(line);
  };
  let paragraph: string[] = [];
  const endParagraph = (): void => {
    push(...toParagraph(paragraph.join(' ')));
    paragraph = [];
  };
  let isCode = false;
  for (const line of markdown.replaceAll(/<!--.*?-->\n*/gs, '').split('\n')) {
    if (!isCode && /^(?!```)(?:[A-Za-z`*[]| {2})/.test(line)) {
      paragraph.push(line.trim());
      continue;
    }
    endParagraph();
    if (line.startsWith('```')) isCode = !isCode;
    else if (isCode) push(`  ${line}`);
    else if (line.startsWith('|')) push(...toFieldLines(line));
    else if (line.startsWith('#')) push('', ...toHeading(toPlain(line.replace(/^#+ /, ''))), '');
    else if (line === '') push('');
    else paragraph.push(line);
  }
  endParagraph();
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
};

const toHeading = (text: string): readonly string[] => [text, '='.repeat(text.length)];

const toParagraph = (text: string): readonly string[] => {
  if (text === '') return [];
  const hanging = text.startsWith('- ') ? '  ' : '';
  return wrapWhole(toPlain(text), widest - hanging.length).map((line, at) => `${at === 0 ? '' : hanging}${line}`);
};

/** `| name | type | meaning | default | example |`; nothing of the lines that only make the table. */
const toFieldLines = (row: string): string[] => {
  const [name = '', type = '', meaning = '', fallback = '', example = ''] = row
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim());
  if (name === 'field' || /^-+$/.test(name)) return [];
  const usual = fallback === '–' ? [] : [fallback === '(required)' ? 'required' : `default: ${toPlain(fallback)}`];
  return [
    `${toPlain(name)} (${[toPlain(type), ...usual].join('; ')})`,
    ...wrapWhole(toPlain(meaning), widest - indent.length).map((line) => `${indent}${line}`),
    ...example.split('<br>').flatMap((line) => (line === '' ? [] : [`${indent}${indent}${toPlain(line)}`])),
    '',
  ];
};

const indent = '    ';

const toPlain = (text: string): string =>
  text
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll(/`([^`]*)`/g, '$1')
    .replaceAll('**', '')
    .replaceAll('&lt;', '<')
    .replaceAll('\\|', '|');
