import path from 'node:path';
import type { Dependency, HookName, Ms, Service, ServiceName } from '../../../domain/service.ts';
import { type TextWriter, toWords } from '../text.ts';
import { plainValue, quoteArgument } from './quote.ts';
import { toWaitLine } from './readiness.ts';

export type UnitOf = (name: ServiceName) => string;

const seconds = (ms: Ms): string => `${ms / 1000}s`;

/** `[Unit]` without its end: the caller adds what concerns the stack. */
export const toHead = ({ label, dependsOn, restart }: Service, unitOf: UnitOf): readonly string[] => [
  '[Unit]',
  `Description=${plainValue(label)}`,
  ...dependsOn.flatMap((edge) => toEdge(edge, unitOf)),
  `StartLimitIntervalSec=${seconds(restart.window)}`,
  `StartLimitBurst=${restart.max + 1}`,
];

/** `Requires` fails with the dependency, `Wants` goes on without; `After` is the order, which neither implies. */
const toEdge = ({ on, required }: Dependency, unitOf: UnitOf): readonly string[] => [
  `${required ? 'Requires' : 'Wants'}=${unitOf(on)}`,
  `After=${unitOf(on)}`,
];

/** The end of `[Service]`: what is run, when, and what becomes of it. */
export const toLife = (service: Service, write: TextWriter): readonly string[] => {
  const { restart, stop, cwd } = service;
  const wait = toWaitLine(service, write);
  return [
    ...(service.waitBeforeStart === 0 ? [] : [`ExecStartPre=/bin/sleep ${service.waitBeforeStart / 1000}`]),
    ...toHookLine(service, 'before_start', write),
    `ExecStart=${toCommandLine(service, write)}`,
    ...(wait === null ? [] : [`ExecStartPost=/bin/sh -c ${quoteArgument(wait)}`]),
    ...toHookLine(service, 'after_ready', write),
    ...toHookLine(service, 'before_stop', write),
    `TimeoutStartSec=${service.healthTimeout === null ? 'infinity' : seconds(service.healthTimeout + service.waitBeforeStart)}`,
    `Restart=${service.type === 'task' && restart.policy === 'always' ? 'on-failure' : restart.policy}`,
    `RestartSec=${seconds(restart.delay)}`,
    ...(restart.neverOn.length === 0 ? [] : [`RestartPreventExitStatus=${restart.neverOn.join(' ')}`]),
    `KillSignal=${stop.timeout === 0 ? 'SIGKILL' : stop.signal}`,
    `TimeoutStopSec=${toStopTimeout(service)}`,
    ...(stop.command === null ? [] : [`ExecStop=${toCommandLine({ command: stop.command, cwd }, write)}`]),
    ...toHookLine(service, 'after_stop', write),
  ];
};

/** 0 would mean no limit; with no grace at all it is killed at once, and only its hooks have their time. */
const toStopTimeout = ({ stop, hooks }: Service): string => {
  const hookTimes = [hooks.before_stop, hooks.after_stop].flatMap((hook) => hook?.timeout ?? []);
  return stop.timeout === 0 ? seconds(Math.max(1, ...hookTimes)) : seconds(stop.timeout);
};

/** systemd wants a path or a name that it finds on its own; both are fine as they are. */
const toCommandLine = ({ command, cwd }: Pick<Service, 'command' | 'cwd'>, write: TextWriter): string => {
  const [program = '', ...args] = toWords(command, write);
  const absolute = program.includes('/') ? path.resolve(cwd, program) : program;
  return [absolute, ...args].map(quoteArgument).join(' ');
};

/** A "-" in front: its failure is none of the service. */
const hookDirectives: Readonly<Record<HookName, string>> = {
  before_start: 'ExecStartPre=',
  after_ready: 'ExecStartPost=-',
  before_stop: 'ExecStop=-',
  after_stop: 'ExecStopPost=-',
};

const toHookLine = ({ hooks, cwd }: Service, name: HookName, write: TextWriter): readonly string[] => {
  const hook = hooks[name];
  return hook === undefined ? [] : [`${hookDirectives[name]}${toCommandLine({ command: hook.command, cwd }, write)}`];
};
