import type { Session } from '../../../supervisor/session.ts';
import { createLocalControl, type LocalControlOptions } from '../../control/local.ts';
import { serveControl } from '../../control/server.ts';

/** What the attached command does when somebody elsewhere asks for it. */
export type ControlHooks = Omit<LocalControlOptions, 'session'>;

export type Serving = {
  /** Tells those elsewhere what is told here. */
  notice(text: string): void;
  /** Before the lock is given up. */
  close(): Promise<void>;
  /** After that. */
  hangUp(): void;
};

export type ServeSessionOptions = {
  readonly session: Session;
  readonly folder: string;
  readonly hooks: ControlHooks;
  readonly onProblem: (problem: string) => void;
};

/** While this command is attached to its stack, others of the same user control it through its socket. */
export const serveSession = async ({ session, folder, hooks, onProblem }: ServeSessionOptions): Promise<Serving> => {
  const control = createLocalControl({ session, ...hooks });
  const server = await serveControl({ folder, control, onProblem });
  return {
    notice: control.notice,
    close: () => {
      control.end();
      return server.close();
    },
    hangUp: server.hangUp,
  };
};
