import { toSafeText } from '../../../util/terminal-text.ts';
import type { CommandContext } from '../context.ts';
import { examine } from '../doctor/examine.ts';
import type { Finding, Severity } from '../doctor/finding.ts';
import { createTheme, type Style, type Theme } from '../render/theme.ts';

/** Everything that stands in the way of a boot, and how to mend it. Starts nothing, mends nothing. */
export const run = async (context: CommandContext): Promise<number> => {
  const { args, stdout, stderr } = context;
  const findings = await examine(context);
  if (findings === null) {
    stderr.line('muster doctor: there is no such folder');
    return 2;
  }
  const ok = !findings.some(({ severity }) => severity === 'error');
  if (args.flag('json')) {
    stdout.line(JSON.stringify({ ok, findings }, null, 2));
    return ok ? 0 : 1;
  }
  const theme = createTheme(stdout);
  stdout.lines(findings.flatMap((finding) => render(finding, theme)));
  stdout.line(theme.paint(ok ? 'good' : 'bad', summarize(findings, ok)));
  return ok ? 0 : 1;
};

const looks: Readonly<Record<Severity, readonly [unicode: string, ascii: string, style: Style]>> = {
  error: ['✗', 'x', 'bad'],
  warning: ['!', '!', 'warn'],
  note: ['·', '.', 'dim'],
};

const render = ({ severity, text, mend }: Finding, theme: Theme): string[] => {
  const [unicode, ascii, style] = looks[severity];
  const safe = (words: string): string => toSafeText(words, { colours: false });
  return [
    `${theme.paint(style, theme.unicode ? unicode : ascii)} ${theme.text(safe(text))}`,
    ...(mend === null ? [] : [theme.paint('bold', `  mend: ${safe(mend)}`)]),
  ];
};

const summarize = (findings: readonly Finding[], ok: boolean): string => {
  const count = (severity: Severity): number => findings.filter((finding) => finding.severity === severity).length;
  const [errors, warnings] = [count('error'), count('warning')];
  const verdict = ok ? 'nothing stands in the way of a boot' : 'a boot would not come up';
  if (errors + warnings === 0) return verdict;
  const plural = (amount: number, word: string): string => `${amount} ${word}${amount === 1 ? '' : 's'}`;
  return `${verdict}: ${plural(errors, 'error')}, ${plural(warnings, 'warning')}`;
};
