import { Document, isScalar, isSeq, visit } from 'yaml';
import { toVisible } from '../../config/characters.ts';
import type { Draft, DraftField, DraftService, DraftValue } from './draft.ts';

/** A draft as the text of a `services.yaml`, with its comments. */
export const toServicesYaml = ({ head, fields, services }: Draft): string => {
  const blocks = [
    toComment(head),
    ...fields.map((field) => toFieldText(field, 0)),
    services.length === 0 ? 'services: {}\n' : `services:\n${services.map(toServiceText).join('\n')}`,
  ];
  return blocks.filter((block) => block !== '').join('\n');
};

/** The order in which people look for them; what is not here comes after. */
const order = (
  'label type optional profiles command cwd image build env env_file port ports port_conflict port_range host replicas depends_on ' +
  'wait_before_start startup_delay health_timeout health_url health healthcheck ready restart watch hooks stop log inputs clean expose resources'
).split(' ');

const rank = ({ key }: DraftField): number => (order.includes(key) ? order.indexOf(key) : order.length);

const toServiceText = ({ name, comment, fields }: DraftService): string => {
  const head = stringify({ [name]: null }).replace(/ null\n$/, '\n');
  const above = indent(toComment(comment), 2);
  const sorted = [...fields].sort((a, b) => rank(a) - rank(b));
  // A map with nothing but comments in it is no map.
  if (fields.every(({ isSuggestion }) => isSuggestion === true))
    return `${above}${sorted.map((field) => toFieldText(field, 2)).join('')}  ${head.trimEnd()} {}\n`;
  return `${above}  ${head}${sorted.map((field) => toFieldText(field, 4)).join('')}`;
};

const toFieldText = ({ key, value, comment = [], isSuggestion }: DraftField, by: number): string => {
  const text = stringify({ [key]: value });
  return indent(`${toComment(comment)}${isSuggestion ? text.replaceAll(/^(?=.)/gm, '# ') : text}`, by);
};

const toComment = (sentences: readonly string[]): string =>
  sentences.map((sentence) => (sentence === '' ? '#\n' : `# ${toVisible(sentence)}\n`)).join('');

const indent = (text: string, by: number): string => text.replaceAll(/^(?=.)/gm, ' '.repeat(by));

/** A list of a few short words reads better on one line. */
const isShort = (items: readonly unknown[]): boolean =>
  items.every(isScalar) &&
  items.reduce<number>((total, item) => total + String((item as { value: unknown }).value).length + 2, 0) < 90;

const stringify = (value: { readonly [key: string]: DraftValue }): string => {
  const document = new Document(value);
  visit(document, {
    Seq: (_, node) => {
      if (isSeq(node) && isShort(node.items)) node.flow = true;
    },
    Scalar: (_, node) => {
      // What cannot be seen is written as an escape, or the loader would not read it back; a line stays one line.
      if (typeof node.value === 'string' && /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(node.value)) node.type = 'QUOTE_DOUBLE';
    },
  });
  return escapeHidden(
    document.toString({ lineWidth: 0, blockQuote: false, flowCollectionPadding: false, doubleQuotedAsJSON: true }),
  );
};

/** Only inside double quotes can one of these be here: see above. */
const escapeHidden = (text: string): string =>
  text.replace(/[\x7f-\x9f\p{Cf}\p{Zl}\p{Zp}]/gu, (char) =>
    [...Array(char.length).keys()].map((at) => `\\u${char.charCodeAt(at).toString(16).padStart(4, '0')}`).join(''),
  );
