import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { tellCause, toChangeType } from '../../domain/change-type.ts';
import { withoutSearched } from '../../domain/explain-notes.ts';
import { failureOf, type ServiceState } from '../../domain/state.ts';
import { describeFailure } from '../../domain/words.ts';
import { createMusterLog } from '../../runtime/muster-log.ts';
import type { Session } from '../../supervisor/session.ts';

export type SessionLog = {
  /** Until then everything that is to be written waits: to load the logger is no work for the time before a boot. */
  open(): Promise<void>;
  note(text: string): void;
  close(): Promise<void>;
};

/** Why it is started again, or given up. */
const tellFailure = (state: ServiceState): string | null => {
  const failure = failureOf(state);
  return failure === null ? null : describeFailure(withoutSearched(failure));
};

/** Writes what happens to the stack into `logs/muster.log`, for those who come later. It never stands in the way of the stack. */
export const logSession = (session: Session, onProblem: (reason: string) => void): SessionLog => {
  const folder = join(session.stack.root, 'logs');
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    onProblem(`cannot make ${folder}: ${(error as NodeJS.ErrnoException).code}`);
  }
  const log = createMusterLog({ path: join(folder, 'muster.log'), onProblem, waits: true });
  log.write({
    level: 'info',
    event: 'stackStarting',
    stack: session.stack.name,
    environment: session.stack.environment,
    pid: process.pid,
  });
  const unsubscribe = session.subscribe((changes) => {
    for (const change of changes) {
      const event = toChangeType(change);
      if (event === null) continue;
      const { state, attempt } = change.after;
      const cause = tellCause(change) ?? tellFailure(state);
      log.write({
        level: state.kind === 'failed' ? 'error' : 'info',
        event,
        service: change.name,
        state: state.kind,
        attempt,
        ...(cause === null ? {} : { cause }),
      });
    }
  });
  return {
    open: log.open,
    note: (text) => log.write({ level: 'warn', event: 'noticed', text }),
    close: async () => {
      unsubscribe();
      log.write({ level: 'info', event: 'stackEnded' });
      await log.close();
    },
  };
};
