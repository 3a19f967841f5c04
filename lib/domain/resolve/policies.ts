import { defaultLog, defaultLogFile, defaultRestart, defaultStop } from '../defaults.ts';
import { isRawList } from '../raw.ts';
import { type LogPolicy, type RestartPolicy, type StopPolicy, stopSignals } from '../service.ts';
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
export const readRestart = (fields: Fields): RestartPolicy => {
  const map = fieldsOf(fields, 'restart');
  if (map === null) {
    const policy = get(fields, 'restart') === false ? 'no' : readChoice(fields, 'restart', policies, defaultRestart.policy);
    return { ...defaultRestart, policy };
  }
  const delay = readDuration(map, 'delay', { fallback: defaultRestart.delay });
  const maxDelay = readDuration(map, 'max_delay', { fallback: Math.max(delay, defaultRestart.maxDelay) });
  if (maxDelay < delay)
    complain(map, 'max_delay', { code: 'invalid-value', message: 'max_delay is below delay', hint: 'make it at least as long' });
  const codes = get(map, 'never_on');
  return {
    policy: get(map, 'policy') === false ? 'no' : readChoice(map, 'policy', policies, defaultRestart.policy),
    delay,
    maxDelay,
    factor: readNumber(map, 'factor', defaultRestart.factor),
    max: readNumber(map, 'max', defaultRestart.max),
    window: readDuration(map, 'window', { fallback: defaultRestart.window, least: 1 }),
    onUnhealthy: readBoolean(map, 'on_unhealthy', defaultRestart.onUnhealthy),
    neverOn: isRawList(codes) ? codes.filter((code) => typeof code === 'number') : defaultRestart.neverOn,
  };
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

export const readLog = (fields: Fields, name: string, absolute: (file: string) => string): LogPolicy => {
  const map = fieldsOf(fields, 'log');
  if (map === null) return { ...defaultLog, file: absolute(defaultLogFile(name)) };
  return {
    file: absolute(readText(map, 'file', defaultLogFile(name))),
    maxSize: readBytes(map, 'max_size', defaultLog.maxSize),
    keep: readNumber(map, 'keep', defaultLog.keep),
    split: readBoolean(map, 'split', defaultLog.split),
  };
};
