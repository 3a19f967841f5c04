import type { Output } from '../output.ts';
import { toChangeLine, toEventLine, toOutcomeLine } from '../render/json.ts';
import type { Facts } from './facts.ts';
import type { View } from './view.ts';

/** For programs: every event as one line of JSON. What the services write is in their log files. */
export const createJsonView = ({ session }: Facts, output: Output): View => {
  const { stack } = session;
  const send = (type: string, fields: Readonly<Record<string, unknown>> = {}): void =>
    output.line(toEventLine(type, { ...fields, at: Date.now() }));
  return {
    begin: () =>
      send('stackStarting', { stack: stack.name, environment: stack.environment, services: [...stack.services.keys()] }),
    changed: (changes) => {
      const at = Date.now();
      for (const change of changes) {
        const service = stack.services.get(change.name);
        const line = service === undefined ? null : toChangeLine(change, { service, at });
        if (line !== null) output.line(line);
      }
    },
    notice: (text) => send('notice', { text }),
    logs: () => undefined,
    booted: ({ outcome, run }) => {
      output.line(toOutcomeLine(outcome, { at: Date.now(), stack: stack.name, elapsed: run.duration }));
      send('runRecorded', { run });
    },
    failed: () => undefined,
    stopping: (times) => send('stackStopping', { stack: stack.name, again: times }),
    stopped: ({ survivors, took }) => send('stackStopped', { stack: stack.name, took: Math.round(took), survivors }),
    close: () => undefined,
  };
};
