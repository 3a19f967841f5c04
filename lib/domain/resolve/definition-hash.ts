import { defaultLogFile } from '../defaults.ts';
import type { ServiceDraft } from '../resolve.ts';

export type HashContext = {
  /** Turns a path that muster itself chooses into an absolute one. */
  readonly absolute: (file: string) => string;
  /** A short digest that does not give its input away. */
  readonly hash: (text: string) => string;
};

/**
 * A digest of what a process that runs already has been started with, or is judged by. Whatever can change under it without
 * a restart (label, profiles, edges, restart policy, rotation) is left out. Values of the environment go in as digests. Neither
 * its own name nor the place of the project is in it: the history of a service goes on after it was renamed, and means the same on
 * every machine of a team.
 */
export const hashDefinition = (draft: ServiceDraft, { absolute, hash }: HashContext): string => {
  const { name, type, command, host, ports, portRange, ready, health, startupDelay, stop, log } = draft;
  const folder = absolute('');
  const within = (path: string): string => (path.startsWith(folder) ? path.slice(folder.length) : path);
  const env = Object.keys(draft.env)
    .sort()
    .map((key): readonly [string, string] => [key, hash(toJson(draft.env[key], name))]);
  const output = [log.file === absolute(defaultLogFile(name)) ? '' : within(log.file), log.split];
  // Every part is built by the code above with its keys in one order, so equal definitions give equal text.
  const parts = [type, command, within(draft.cwd), env, host, ports, portRange, ready, health, startupDelay, stop, output];
  return hash(toJson(parts, name));
};

/** An address of its own is one whatever it is called. Inside a text of JSON, no quote is followed by a colon. */
const toJson = (value: unknown, name: string): string =>
  JSON.stringify(value).replaceAll(`"service":${JSON.stringify(name)}`, '"service":""');
