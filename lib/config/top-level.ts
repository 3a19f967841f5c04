import { isMap, isScalar, isSeq } from 'yaml';
import type { Contents } from './document.ts';
import type { Finding } from './finding.ts';
import { offsetOf } from './nodes.ts';

/** What is wrong with a file that holds no map at its top. */
export const findTopProblem = (document: Contents, text: string): Finding | null => {
  const { contents } = document;
  const say = (code: Finding['code'], offset: number, message: string, hint: string): Finding => ({
    severity: 'error',
    code,
    offset,
    message,
    hint,
  });
  if (text.trim() === '') return say('empty-file', 0, 'file is empty', 'add a "services:" map');
  if (contents === null || (isScalar(contents) && contents.value === null)) {
    return say('empty-file', text.length, 'no document found', 'add a "services:" map');
  }
  if (isMap(contents)) return null;
  const found = isSeq(contents) ? 'a list' : isScalar(contents) ? `text "${String(contents.value).slice(0, 40)}"` : 'an alias';
  return say(
    'wrong-type',
    offsetOf(contents),
    `expected a map at the top level, found ${found}`,
    'start the file with "services:"',
  );
};
