import type { Blame } from '../../../domain/blame.ts';
import type { SegmentKind } from '../../../domain/critical-path.ts';
import type { ChainLink, RunView } from '../../../domain/run-view.ts';
import type { Ms, ServiceName } from '../../../domain/service.ts';
import { formatDuration } from '../../../domain/words.ts';
import { toMoment } from '../../../util/local-time.ts';
import { toSafeText } from '../../../util/terminal-text.ts';
import { renderTable } from './table.ts';
import { createTheme, type Look, type Theme } from './theme.ts';
import { wrapHanging } from './wrap.ts';

const mostSlack = 8;
const mostBlamed = 5;

/** One boot, taken apart: the chain that decided, link by link, who is to blame, and how much room the others had. */
export const renderRun = (
  { run, chain, blame, slack }: RunView,
  { width = null, ...look }: Look & { readonly width?: number | null },
): string[] => {
  const theme = createTheme(look);
  const wrap = (text: string): string[] => wrapHanging(text, width, '  ');
  const title = `run ${run.id} (${toMoment(run.startedAt)}, ${safe(run.environment)}, ${run.outcome}) took ${formatDuration(run.duration)}`;
  return [
    `${theme.paint('bold', title)}${chain.length === 0 ? '' : theme.text(' — critical chain, which adds up to it:')}`,
    ...renderChain(chain, run.duration, theme),
    ...(blame.length < 2
      ? []
      : wrap(`blame: ${blame.slice(0, mostBlamed).map(tellBlame).join(', ')}${blame.length > mostBlamed ? ', …' : ''}`)),
    ...(slack.length === 0 ? [] : wrap(`slack off the chain: ${tellSlack(slack)}`)),
  ].map(theme.text);
};

const renderChain = (chain: readonly ChainLink[], total: Ms, theme: Theme): string[] =>
  chain.length === 0
    ? []
    : renderTable(
        [
          { title: '  AT', align: 'right' },
          { title: 'SERVICE' },
          { title: 'ADDS', align: 'right' },
          { title: 'SHARE', align: 'right' },
          { title: 'OF WHICH' },
        ],
        chain.map(({ service, from, to, parts }) => [
          `  ${formatDuration(from)}`,
          service === null ? theme.paint('dim', '(muster)') : safe(service),
          formatDuration(to - from),
          total === 0 ? '' : `${Math.round(((to - from) / total) * 100)} %`,
          theme.paint('dim', parts.map(({ kind, ms }) => `${kindWords[kind]} ${formatDuration(ms)}`).join(', ')),
        ]),
        theme,
      );

/** As people say it. */
export const kindWords: Readonly<Record<SegmentKind, string>> = {
  queue: 'queue',
  delay: 'delay',
  ports: 'ports',
  spawn: 'spawn',
  boot: 'boot',
  probe: 'probe',
  retry: 'failed try',
  backoff: 'back-off',
  overhead: 'muster',
};

const tellBlame = ({ service, ms, share }: Blame): string =>
  `${service === null ? '(muster)' : safe(service)} ${formatDuration(ms)} (${Math.round(share * 100)} %)`;

const tellSlack = (slack: RunView['slack']): string => {
  const told = slack
    .slice(0, mostSlack)
    .map(({ service, slack: ms }) => `${safe(service)} ${ms === null ? 'any' : formatDuration(ms)}`);
  return `${told.join(', ')}${slack.length > mostSlack ? ` and ${slack.length - mostSlack} more` : ''}`;
};

const safe = (text: ServiceName): string => toSafeText(text, { colours: false });
