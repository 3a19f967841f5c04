import { basename } from 'node:path';
import { runHelperCommand } from '../helper-command.ts';
import type { CheckOnce } from './probe.ts';
import { abortedDetail, failed, passed } from './words.ts';

/**
 * Passes when the command exits with 0. It runs in the service's folder and environment, and everything it started ends with
 * the check.
 */
export const checkExec: CheckOnce<'exec'> = async ({ command }, { cwd, env }, { signal, clock }) => {
  const end = await runHelperCommand({ command, cwd, env, signal, clock });
  if (end.kind === 'aborted') return failed(abortedDetail(signal, 'no end of the command'));
  if (end.kind === 'not-started') return failed(end.reason);
  if (end.code === 0) return passed;
  // The program by its name alone: what it is called with is nobody's business here. Only the shell knows what its line runs.
  const who = 'program' in command ? `the probe ${basename(command.program)}` : 'the probe';
  const how = end.endedBy === null ? `${who} ended with code ${end.code ?? 'unknown'}` : `${who} was ended by ${end.endedBy}`;
  return failed(end.lastLine === '' ? how : `${how}: ${end.lastLine}`);
};
