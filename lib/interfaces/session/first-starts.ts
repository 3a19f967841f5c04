import type { Ms } from '../../domain/service.ts';
import { processOf } from '../../domain/state.ts';
import type { Session } from '../../supervisor/session.ts';

/** No further service has been started for this long: those that wait for nothing run, and most take longer to be ready. */
const quietFor: Ms = 5;
/** Longest wait for the first start, which a hook may hold back. */
const longestWait: Ms = 200;

/** Resolves when what could start at once has been started; at the latest with the end of the boot. Never rejects. */
export const afterFirstStarts = (session: Pick<Session, 'subscribe'>, boot: Promise<unknown>): Promise<void> =>
  new Promise((resolve) => {
    const end = (): void => {
      unsubscribe();
      clearTimeout(latest);
      clearTimeout(quiet);
      resolve();
    };
    const latest = setTimeout(end, longestWait);
    let quiet: NodeJS.Timeout | undefined;
    const unsubscribe = session.subscribe((changes) => {
      if (!changes.some(({ after }) => processOf(after.state) !== null)) return;
      clearTimeout(quiet);
      quiet = setTimeout(end, quietFor);
    });
    boot.then(end, end);
  });
