import type { Output } from '../output.ts';
import { toChangeLine, toEventLine, toOutcomeLine } from '../render/json.ts';
import type { Facts } from './facts.ts';
import type { View } from './view.ts';

/** For programs: every event as one line of JSON. What the services write is in their log files. */
export const createJsonView = ({ mirror }: Facts, output: Output): View => {
  const { name: stack, environment, services, elapsed, booting } = mirror.snapshot();
  /** What is told after it has happened later, also where this is looked at when the boot is under way already. */
  const began = Math.floor(Date.now() - (booting === true ? elapsed : 0));
  const send = (type: string, at: number, fields: Readonly<Record<string, unknown>>): void =>
    output.line(toEventLine(type, { ...fields, at }));
  return {
    begin: () => send('stackStarting', began, { stack, environment, services: services.map(({ name }) => name) }),
    changed: (service, news, at) => {
      const line = toChangeLine(service, { news, at });
      if (line !== null) output.line(line);
    },
    notice: (text, at) => send('notice', at, { text }),
    logs: () => undefined,
    booted: ({ outcome, run }) => {
      output.line(toOutcomeLine(outcome, { at: Date.now(), stack, elapsed: run.duration }));
      send('runRecorded', Date.now(), { run });
    },
    failed: () => undefined,
    stopping: (times) => send('stackStopping', Date.now(), { stack, again: times }),
    stopped: ({ survivors, took }) =>
      send('stackStopped', Date.now(), {
        stack,
        took: Math.round(took),
        survivors: survivors.map(({ name, processes }) => ({ name, survivors: processes })),
      }),
    close: () => undefined,
  };
};
