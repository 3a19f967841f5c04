import type { Issue, Path, Report } from '../../domain/issue.ts';
import { isRawList, isRawMap, type RawValue } from '../../domain/raw.ts';
import { toText } from '../../domain/text.ts';
import { type StackFile, toWrittenPath } from '../stack-file.ts';
import type { CheckContext } from './context.ts';

/** Addresses of webhooks are addresses, and their secrets are not for everybody who reads the file. */
export const checkNotify = ({ layers }: CheckContext): void => {
  // Those of included files hold for nobody.
  const [file] = layers.files;
  if (file === undefined) return;
  const value = file.effective['notify'];
  const items = isRawList(value)
    ? value.map((item, index) => ({ item, path: ['notify', index] }))
    : [{ item: value, path: ['notify'] }];
  const report: Report = (issue: Issue) => file.collector.report({ ...issue, path: toWrittenPath(file, issue.path) });
  for (const { item, path } of items) {
    if (typeof item === 'string') checkUrl(item, path, report);
    if (!isRawMap(item)) continue;
    checkUrl(item['url'], [...path, 'url'], report);
    checkSecret(file, item['secret'], { path: [...path, 'secret'], report });
  }
};

const checkUrl = (url: RawValue, path: Path, report: Report): void => {
  // The address of a service of this stack has been refused before.
  if (typeof url !== 'string' || typeof toText(url) !== 'string') return;
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return;
  // What it holds may be a secret, and is not told.
  const message = 'the address of a webhook must begin with http:// or https://';
  report({ severity: 'error', code: 'invalid-url', path, message, hint: 'write for example https://example.com/hook' });
};

type At = { readonly path: Path; readonly report: Report };

const checkSecret = ({ nodes, source }: StackFile, secret: RawValue, { path, report }: At): void => {
  if (typeof secret !== 'string') return;
  const { offset, end } = nodes.locate(path);
  if (source.text.slice(offset, end).includes('${')) return;
  report({
    severity: 'warning',
    code: 'secret-in-file',
    path,
    message: 'everybody who reads this file knows the secret',
    hint: 'take it from a variable: secret: ${HOOK_SECRET}',
  });
};
