import { defaults } from '../defaults.ts';
import {
  type Hook,
  type HookName,
  hookNames,
  type Service,
  type StackHookName,
  type StackHooks,
  stackHookNames,
} from '../service.ts';
import { readCommand } from './command.ts';
import { complain, type Fields, fieldsOf, isGiven, readDuration } from './fields.ts';

/** A command alone, or a map with it. Null: there is none, or it is wrong, which has been reported. */
const readHook = (fields: Fields, name: string): Hook | null => {
  if (!isGiven(fields, name)) return null;
  const map = fieldsOf(fields, name);
  const command = map === null ? readCommand(fields, name) : readCommand(map, 'command');
  if (command === null) return null;
  const rule = { fallback: defaults.hookTimeout, least: 1, example: '30s' };
  return { command, timeout: map === null ? defaults.hookTimeout : readDuration(map, 'timeout', rule) };
};

const ofTasks: readonly HookName[] = ['before_start', 'after_stop'];

const none: Service['hooks'] = {};

export const readServiceHooks = (fields: Fields, type: Service['type']): Service['hooks'] => {
  const map = fieldsOf(fields, 'hooks');
  if (map === null) return none;
  const hooks: Partial<Record<HookName, Hook>> = {};
  for (const name of hookNames) {
    const hook = readHook(map, name);
    if (hook === null) continue;
    if (type === 'task' && !ofTasks.includes(name)) {
      const message = `"${name}" has no meaning for a task: it is done when it has ended`;
      complain(map, name, { code: 'invalid-value', message, hint: 'remove it', atKey: true });
    } else hooks[name] = hook;
  }
  return hooks;
};

export const readStackHooks = (fields: Fields): StackHooks['commands'] => {
  const map = fieldsOf(fields, 'hooks');
  if (map === null) return {};
  const hooks: Partial<Record<StackHookName, Hook>> = {};
  for (const name of stackHookNames) {
    const hook = readHook(map, name);
    if (hook !== null) hooks[name] = hook;
  }
  return hooks;
};
