/** What a key means, as a pure function: the mode that we are in, and what is to be done. */

import type { ServiceName } from '../../../domain/service.ts';
import type { ServiceSnapshot } from '../../../domain/snapshot.ts';
import type { StateKind } from '../../../domain/state.ts';
import type { Key } from './parse.ts';

/** What a service is chosen for. */
export type Purpose = 'restart' | 'stop' | 'logs' | 'open' | 'why';

export type Mode =
  | { readonly kind: 'watching' }
  | { readonly kind: 'help' }
  | { readonly kind: 'choosing'; readonly purpose: Purpose; readonly typed: string; readonly at: number }
  | { readonly kind: 'filtering'; readonly typed: string }
  /** `q`: detach or stop? */
  | { readonly kind: 'leaving' }
  /** A stop of what others need. */
  | { readonly kind: 'confirming'; readonly name: ServiceName; readonly neededBy: readonly ServiceName[] };

export type Keys = {
  readonly mode: Mode;
  /** The service whose lines alone are shown; null: all. */
  readonly only: ServiceName | null;
  /** What shown lines hold; empty: anything. */
  readonly text: string;
};

export type Command =
  | { readonly kind: 'restart' | 'open' | 'why'; readonly name: ServiceName }
  | { readonly kind: 'stop'; readonly name: ServiceName; readonly choice: 'refuse' | 'with-dependents' | 'force' }
  /** Other lines are wanted from now on. */
  | { readonly kind: 'filter' }
  | { readonly kind: 'detach' | 'down' | 'interrupt' | 'suspend' | 'quit' | 'redraw' }
  /** In words: why nothing happens. */
  | { readonly kind: 'tell'; readonly text: string };

export type Pressed = { readonly keys: Keys; readonly command: Command | null };

export type PressContext = {
  readonly services: readonly ServiceSnapshot[];
  /** Where one stands in a list: it is the one that is meant, and nothing has to be chosen. */
  readonly selected?: ServiceName | null;
  /** Nobody booted the stack from here: to leave is nothing to be asked about. */
  readonly isViewer?: true;
};

export const noKeys: Keys = { mode: { kind: 'watching' }, only: null, text: '' };

const watching: Mode = { kind: 'watching' };

export const press = (keys: Keys, key: Key, context: PressContext): Pressed => {
  // In any mode: a question must not keep anybody from these.
  if (key.kind === 'interrupt' || key.kind === 'suspend' || key.kind === 'quit' || key.kind === 'redraw')
    return { keys: key.kind === 'interrupt' ? { ...keys, mode: watching } : keys, command: { kind: key.kind } };
  const { mode } = keys;
  switch (mode.kind) {
    case 'watching':
    case 'help':
      return pressWatching({ ...keys, mode: watching }, key, context, mode.kind === 'help');
    case 'choosing':
      return pressChoosing(keys, mode, key, context);
    case 'filtering':
      return pressFiltering(keys, mode, key);
    case 'leaving':
      return pressLeaving({ ...keys, mode: watching }, key);
    case 'confirming':
      return pressConfirming({ ...keys, mode: watching }, mode, key);
  }
};

const purposes: ReadonlyMap<string, Purpose> = new Map([
  ['r', 'restart'],
  ['s', 'stop'],
  ['l', 'logs'],
  ['o', 'open'],
  ['w', 'why'],
]);

const stay = (keys: Keys): Pressed => ({ keys, command: null });

const pressWatching = (keys: Keys, key: Key, context: PressContext, isHelp: boolean): Pressed => {
  if (key.kind === 'escape' && (keys.only !== null || keys.text !== ''))
    return { keys: { ...keys, only: null, text: '' }, command: { kind: 'filter' } };
  // A paste is no command, whatever letters it has.
  if (key.kind !== 'text' || [...key.text].length !== 1) return stay(keys);
  const letter = key.text.toLowerCase();
  const purpose = purposes.get(letter);
  if (purpose !== undefined) return begin(keys, purpose, context);
  switch (letter) {
    case '/':
      return stay({ ...keys, mode: { kind: 'filtering', typed: keys.text } });
    case 'd':
      return { keys, command: { kind: 'detach' } };
    case 'q':
      if (context.isViewer === true) return { keys, command: { kind: 'detach' } };
      return stay({ ...keys, mode: { kind: 'leaving' } });
    case '?':
    case 'h':
      return stay(isHelp ? keys : { ...keys, mode: { kind: 'help' } });
    default:
      return stay(keys);
  }
};

const begin = (keys: Keys, purpose: Purpose, context: PressContext): Pressed => {
  // `l` again shows all.
  if (purpose === 'logs' && keys.only !== null) return { keys: { ...keys, only: null }, command: { kind: 'filter' } };
  const candidates = candidatesFor(purpose, context.services);
  const { selected = null } = context;
  if (selected !== null && candidates.some(({ name }) => name === selected)) return act(keys, purpose, selected);
  const [first] = candidates;
  if (first === undefined || selected !== null) return { keys, command: { kind: 'tell', text: nobody[purpose] } };
  // To look does no harm: where there is only one, it is the one that is meant.
  if (candidates.length === 1 && purpose !== 'restart' && purpose !== 'stop') return act(keys, purpose, first.name);
  return stay({ ...keys, mode: { kind: 'choosing', purpose, typed: '', at: 0 } });
};

const nobody: Readonly<Record<Purpose, string>> = {
  restart: 'there is nothing to restart',
  stop: 'nothing of that runs',
  logs: 'there is no service',
  open: 'nothing that runs has an address for a browser',
  why: 'there is no service',
};

const act = (keys: Keys, purpose: Purpose, name: ServiceName): Pressed => {
  const done = { ...keys, mode: watching };
  if (purpose === 'logs') return { keys: { ...done, only: name }, command: { kind: 'filter' } };
  if (purpose === 'stop') return { keys: done, command: { kind: 'stop', name, choice: 'refuse' } };
  return { keys: done, command: { kind: purpose, name } };
};

const stopped: ReadonlySet<StateKind> = new Set(['idle', 'stopped', 'completed', 'failed', 'skipped']);

export const candidatesFor = (purpose: Purpose, services: readonly ServiceSnapshot[]): readonly ServiceSnapshot[] => {
  if (purpose === 'stop') return services.filter(({ state }) => !stopped.has(state));
  if (purpose === 'open') return services.filter(({ url }) => url !== null);
  return services;
};

/** Those whose name begins with what was typed, then those that hold it. */
export const narrow = (services: readonly ServiceSnapshot[], typed: string): readonly ServiceSnapshot[] => {
  const wanted = typed.toLowerCase();
  const begins = services.filter(({ name }) => name.toLowerCase().startsWith(wanted));
  const holds = services.filter(
    ({ name }) => !begins.some((other) => other.name === name) && name.toLowerCase().includes(wanted),
  );
  return [...begins, ...holds];
};

type Choosing = Extract<Mode, { kind: 'choosing' }>;

const pressChoosing = (keys: Keys, mode: Choosing, key: Key, { services }: PressContext): Pressed => {
  const candidates = narrow(candidatesFor(mode.purpose, services), mode.typed);
  const at = Math.min(mode.at, Math.max(0, candidates.length - 1));
  const move = (next: number): Pressed =>
    stay({ ...keys, mode: { ...mode, at: Math.min(Math.max(0, next), Math.max(0, candidates.length - 1)) } });
  const type = (typed: string): Pressed => stay({ ...keys, mode: { ...mode, typed, at: 0 } });
  switch (key.kind) {
    case 'text':
      return type(mode.typed + key.text);
    case 'backspace':
      return mode.typed === '' ? stay({ ...keys, mode: watching }) : type([...mode.typed].slice(0, -1).join(''));
    case 'clear-line':
      return type('');
    case 'up':
      return move(at - 1);
    case 'down':
    case 'tab':
      return move(at + 1);
    case 'page-up':
    case 'home':
      return move(0);
    case 'page-down':
    case 'end':
      return move(candidates.length - 1);
    case 'enter': {
      const chosen = candidates[at];
      return chosen === undefined ? stay(keys) : act(keys, mode.purpose, chosen.name);
    }
    default:
      return stay({ ...keys, mode: watching });
  }
};

const pressFiltering = (keys: Keys, { typed }: Extract<Mode, { kind: 'filtering' }>, key: Key): Pressed => {
  const type = (text: string): Pressed => stay({ ...keys, mode: { kind: 'filtering', typed: text } });
  switch (key.kind) {
    case 'text':
      return type(typed + key.text);
    case 'backspace':
      return typed === '' ? stay({ ...keys, mode: watching }) : type([...typed].slice(0, -1).join(''));
    case 'clear-line':
      return type('');
    case 'enter':
      return { keys: { ...keys, mode: watching, text: typed }, command: { kind: 'filter' } };
    case 'escape':
    case 'end-of-input':
      return stay({ ...keys, mode: watching });
    default:
      return stay(keys);
  }
};

const letterOf = (key: Key): string => (key.kind === 'text' ? key.text.toLowerCase() : '');

const pressLeaving = (keys: Keys, key: Key): Pressed => {
  const letter = letterOf(key);
  if (letter === 'd') return { keys, command: { kind: 'detach' } };
  return letter === 's' ? { keys, command: { kind: 'down' } } : stay(keys);
};

const pressConfirming = (keys: Keys, { name }: Extract<Mode, { kind: 'confirming' }>, key: Key): Pressed => {
  const letter = letterOf(key);
  if (letter === 'y' || letter === 'a') return { keys, command: { kind: 'stop', name, choice: 'with-dependents' } };
  return letter === 'o' ? { keys, command: { kind: 'stop', name, choice: 'force' } } : stay(keys);
};
