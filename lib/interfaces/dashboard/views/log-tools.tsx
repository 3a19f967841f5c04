import type { JSX } from 'preact';
import { Icon } from '../parts/icon.tsx';
import { app, type LogShown, showLog, toast } from '../state/app.ts';
import type { LogRow } from '../state/log-buffer.ts';
import { toLogText } from '../state/log-text.ts';
import { useStore } from '../state/store.ts';

type LogToolsProps = {
  readonly rows: readonly LogRow[];
  readonly hasName: boolean;
  readonly isPaused: boolean;
  readonly onPause: (isPaused: boolean) => void;
  readonly onClear: () => void;
};

/** What can be done with the log that is shown. */
export const LogTools = ({ rows, hasName, isPaused, onPause, onClear }: LogToolsProps): JSX.Element => {
  const shown = useStore(app, (state) => state.logShown);
  const toText = (): string => toLogText(rows, { hasTime: shown.hasTime, hasName });
  const toggle = (key: 'hasTime' | 'isWrapped' | 'isErrorsOnly', word: string, title: string): JSX.Element => (
    <button
      type="button"
      class="button"
      aria-pressed={shown[key]}
      title={title}
      onClick={() => showLog({ [key]: !shown[key] } satisfies Partial<LogShown>)}
    >
      {word}
    </button>
  );
  return (
    <span class="log-tools" role="group" aria-label="The log">
      <button
        type="button"
        class={`button ${isPaused ? 'primary' : ''}`}
        aria-pressed={isPaused}
        onClick={() => onPause(!isPaused)}
      >
        <Icon name={isPaused ? 'start' : 'pause'} /> {isPaused ? 'Go on' : 'Pause'}
      </button>
      {toggle('hasTime', 'Time', 'When each line came; not known of those that were there before')}
      {toggle('isWrapped', 'Wrap', 'Long lines go on in the next one')}
      {toggle('isErrorsOnly', 'stderr', 'Only what was written to stderr')}
      {isSecureContext ? (
        <button type="button" class="button" title="Copy what is shown" onClick={() => void copy(toText(), rows.length)}>
          Copy
        </button>
      ) : null}
      <button type="button" class="button" title="Save what is shown as a file" onClick={() => save(toText())}>
        Save
      </button>
      <button type="button" class="button" onClick={onClear}>
        Clear
      </button>
    </span>
  );
};

const copy = async (text: string, count: number): Promise<void> => {
  try {
    await navigator.clipboard.writeText(text);
    toast(`${count} ${count === 1 ? 'line' : 'lines'} copied`);
  } catch (error) {
    toast(`The browser did not copy it: ${error instanceof Error ? error.message : String(error)}`, 'bad');
  }
};

const save = (text: string): void => {
  const { stack, logsOf } = app.get();
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
  link.download = `${stack?.name ?? 'muster'}-${logsOf.length === 1 ? logsOf[0] : 'all'}.log`;
  link.click();
  URL.revokeObjectURL(link.href);
};
