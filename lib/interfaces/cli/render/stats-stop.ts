import type { RunRecord, StopRecord, StopTimeline } from '../../../domain/history.ts';
import { type StopLink, toStopChain } from '../../../domain/stop-blame.ts';
import { formatDuration } from '../../../domain/words.ts';
import { toMoment } from '../../../util/local-time.ts';
import { toSafeText } from '../../../util/terminal-text.ts';
import { renderTable } from './table.ts';
import { createTheme, type Look, type Theme } from './theme.ts';

/** Who kept the stop of a run waiting, and how long each service took to end. */
export const renderStop = (run: RunRecord, stop: StopRecord, look: Look): string[] => {
  const theme = createTheme(look);
  const services = Object.entries(stop.services).sort(([, a], [, b]) => lengthOf(b) - lengthOf(a));
  return [
    `${theme.paint('bold', `stop of run ${run.id} (${toMoment(stop.startedAt)}) took ${formatDuration(stop.took)}`)}${stop.hurried ? ', in a hurry' : ''}`,
    ...renderTable(
      [
        { title: 'SERVICE' },
        { title: 'ASKED AT', align: 'right' },
        { title: 'TOOK', align: 'right' },
        { title: 'WAITED FOR' },
        { title: '' },
      ],
      services.map(([name, timeline]) => toRow(name, timeline, theme)),
      theme,
    ),
    `what it waited for, one after the other: ${toStopChain(stop).map(tellLink).join(', ')}`,
  ].map(theme.text);
};

const lengthOf = ({ asked, signalled, gone }: StopTimeline): number => (gone ?? Number.POSITIVE_INFINITY) - (signalled ?? asked);

const toRow = (name: string, { asked, signalled, gone, killed, releasedBy }: StopTimeline, theme: Theme): string[] => [
  safe(name),
  formatDuration(signalled ?? asked),
  gone === null ? theme.paint('bad', 'not ended') : formatDuration(gone - (signalled ?? asked)),
  releasedBy === null ? '' : safe(releasedBy),
  killed === null || signalled === null ? '' : theme.paint('warn', `killed after ${formatDuration(killed - signalled)}`),
];

const tellLink = ({ service, from, to, killed, gone }: StopLink): string =>
  `${service === null ? '(muster)' : safe(service)} ${formatDuration(to - from)}${killed ? ' (killed)' : gone ? '' : ' (not ended)'}`;

const safe = (text: string): string => toSafeText(text, { colours: false });
