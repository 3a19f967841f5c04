import { post } from './api.ts';
import { app, toast } from './app.ts';

export type WholeAction = 'start' | 'restart' | 'stop' | 'down';

/** Asks the supervisor for it. What becomes of it is seen by the events; only a refusal is told. */
export const actOnAll = async (action: WholeAction): Promise<void> => {
  const result = await post(`stack/${action}`);
  // The end of the supervisor may come before its answer.
  if (result.ok || app.get().phase.kind === 'ended') return;
  const { message, hint } = result.failure;
  toast(`${action}: ${message}${hint === null ? '' : `; ${hint}`}`, 'bad');
};
