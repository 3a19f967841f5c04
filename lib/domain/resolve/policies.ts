import { defaultLog, defaultLogFile, defaultRestart, defaultStop } from '../defaults.ts';
import { isRawList } from '../raw.ts';
import { type LogPolicy, type RestartPolicy, type Service, type StopPolicy, stopSignals } from '../service.ts';
import { readCommand } from './command.ts';
import {
  complain,
  type Fields,
  fieldsOf,
  get,
  isGiven,
  readBoolean,
  readBytes,
  readChoice,
  readDuration,
  readNumber,
  readText,
} from './fields.ts';

const policies = ['no', 'on-failure', 'always'] as const;

/** `restart: no` is a word in YAML 1.2; a quoted or converted `false` of older habits means the same. */
export const readRestart = (fields: Fields, type: Service['type']): RestartPolicy => {
  const map = fieldsOf(fields, 'restart');
  if (map === null) {
    const policy = readPolicy(fields, 'restart', type);
    return policy === defaultRestart.policy ? defaultRestart : { ...defaultRestart, policy };
  }
  const delay = readDuration(map, 'delay', { fallback: defaultRestart.delay });
  const maxDelay = readDuration(map, 'max_delay', { fallback: Math.max(delay, defaultRestart.maxDelay) });
  if (maxDelay < delay)
    complain(map, 'max_delay', { code: 'invalid-value', message: 'max_delay is below delay', hint: 'make it at least as long' });
  const codes = get(map, 'never_on');
  return {
    policy: readPolicy(map, 'policy', type),
    delay,
    maxDelay,
    factor: readNumber(map, 'factor', defaultRestart.factor),
    max: readNumber(map, 'max', defaultRestart.max),
    window: readDuration(map, 'window', { fallback: defaultRestart.window, least: 1 }),
    onUnhealthy: readBoolean(map, 'on_unhealthy', defaultRestart.onUnhealthy),
    neverOn: isRawList(codes) ? codes.filter((code) => typeof code === 'number') : defaultRestart.neverOn,
  };
};

const readPolicy = (fields: Fields, key: string, type: Service['type']): RestartPolicy['policy'] => {
  const policy = get(fields, key) === false ? 'no' : readChoice(fields, key, policies, defaultRestart.policy);
  if (type === 'service' || policy !== 'always') return policy;
  const message = '"restart: always" has no meaning for a task: it is done when it has ended';
  complain(fields, key, { code: 'invalid-value', message, hint: 'use on-failure or no, or remove "type: task"' });
  return defaultRestart.policy;
};

export const readStop = (fields: Fields): StopPolicy => {
  const map = fieldsOf(fields, 'stop');
  if (map === null) return defaultStop;
  return {
    signal: readChoice(map, 'signal', stopSignals, defaultStop.signal),
    timeout: readDuration(map, 'timeout', { fallback: defaultStop.timeout }),
    command: isGiven(map, 'command') ? readCommand(map, 'command') : defaultStop.command,
  };
};

type ToAbsolute = (file: string, field?: readonly string[]) => string;

export const readLog = (fields: Fields, name: string, absolute: ToAbsolute): LogPolicy => {
  const map = fieldsOf(fields, 'log');
  if (map === null) return { ...defaultLog, file: absolute(defaultLogFile(name)) };
  const file = readText(map, 'file', null);
  return {
    file: file === null ? absolute(defaultLogFile(name)) : absolute(file, ['log', 'file']),
    maxSize: readBytes(map, 'max_size', defaultLog.maxSize),
    keep: readNumber(map, 'keep', defaultLog.keep),
    split: readBoolean(map, 'split', defaultLog.split),
  };
};
