import type { Dependency, HookName, Ms, Service, ServiceName } from '../../domain/service.ts';
import { withNumbers } from './auto-ports.ts';
import { createLossList, type ExportedFile, type Exporter, type ExportInput, type LossList } from './exporter.ts';
import { toPortVariables } from './ports.ts';
import { referencesOf } from './stand-ins.ts';
import { plainValue, quoteArgument, quoteAssignment } from './systemd/quote.ts';
import { toWaitLine } from './systemd/readiness.ts';
import { createTextWriter, type TextWriter, toLocalAddress, toWords } from './text.ts';
import { isSecretOf } from './variables.ts';

/** A unit a service, and a target that wants them all. Values of secrets go into a file beside them, to be filled in. */
export const systemdExporter: Exporter = {
  format: 'systemd',
  summary: 'systemd units, one a service, and a target',
  toReference: (name) => `\${${name}}`,
  toFiles: (asked) => {
    const losses = createLossList();
    const input = { ...asked, stack: withNumbers(asked.stack, losses) };
    const { stack } = input;
    const prefix = toUnitName(stack.name);
    const unitOf = createUnitNames(input, prefix, losses);
    const write = createTextWriter(toLocalAddress(stack.services));
    const services = [...stack.services.values()];
    const target = [
      '[Unit]',
      `Description=${plainValue(stack.name)}`,
      ...services.map(({ name }) => `Wants=${unitOf(name)}`),
      '',
      '[Install]',
      'WantedBy=multi-user.target',
    ];
    const files = services.flatMap((service): ExportedFile[] => {
      const own = [...(input.secrets.get(service.name) ?? [])].filter((name) => Object.hasOwn(service.env, name));
      const secrets = [...new Set([...own, ...referencesOf(service)])].sort();
      const secretFile = `${unitOf(service.name)}.env`;
      const unit = toUnit({ service, input, unitOf, write, losses, secretFile: secrets.length === 0 ? null : secretFile });
      return [
        { path: unitOf(service.name), text: toFile([...unit, `PartOf=${prefix}.target`], service, prefix) },
        ...(secrets.length === 0
          ? []
          : [{ path: secretFile, text: `${secrets.map((name) => `${name}=`).join('\n')}\n`, isPrivate: true as const }]),
      ];
    });
    return { files: [{ path: `${prefix}.target`, text: `${target.join('\n')}\n` }, ...files], losses: losses.all() };
  },
};

/** Letters, digits and `:_.\-`, as systemd wants them. */
const toUnitName = (name: string): string => name.replaceAll(/[^A-Za-z0-9:_.-]/g, '_').replace(/^[.-]+/, '') || 'stack';

const createUnitNames = ({ stack }: ExportInput, prefix: string, { lose }: LossList): ((name: ServiceName) => string) => {
  const units = new Map<ServiceName, string>();
  const taken = new Set<string>();
  for (const name of stack.services.keys()) {
    let unit = `${prefix}-${toUnitName(name)}`;
    while (taken.has(unit)) unit += '_';
    taken.add(unit);
    units.set(name, `${unit}.service`);
    if (unit !== `${prefix}-${name}`) lose(name, `is called "${unit}.service" there`);
  }
  return (name) => units.get(name) ?? '';
};

type UnitInput = {
  readonly service: Service;
  readonly input: ExportInput;
  readonly unitOf: (name: ServiceName) => string;
  readonly write: TextWriter;
  readonly losses: LossList;
  /** Null: it has no secrets. */
  readonly secretFile: string | null;
};

const seconds = (ms: Ms): string => `${ms / 1000}s`;

/** The head of the unit, `[Unit]` without its end: the caller adds what concerns the stack. */
const toUnit = (options: UnitInput): readonly string[] => {
  const { service, unitOf } = options;
  tellLosses(options);
  return [
    '[Unit]',
    `Description=${plainValue(service.label)}`,
    ...service.dependsOn.flatMap((edge) => toEdge(edge, unitOf)),
    ...toBody(options),
  ];
};

/** `Requires` fails with the dependency, `Wants` goes on without; `After` is the order, which neither implies. */
const toEdge = ({ on, required }: Dependency, unitOf: UnitInput['unitOf']): readonly string[] => [
  `${required ? 'Requires' : 'Wants'}=${unitOf(on)}`,
  `After=${unitOf(on)}`,
];

/** Marks where `[Unit]` ends and `[Service]` begins in the list of lines. */
const serviceSection = '[Service]';

const toBody = ({ service, input, write, secretFile }: UnitInput): readonly string[] => {
  const isSecret = isSecretOf(input, service.name);
  const variables = { ...toPortVariables(service), ...service.env };
  const wait = toWaitLine(service, write);
  const { restart, stop } = service;
  return [
    `StartLimitIntervalSec=${seconds(restart.window)}`,
    `StartLimitBurst=${restart.max + 1}`,
    '',
    serviceSection,
    service.type === 'task' ? 'Type=oneshot' : 'Type=exec',
    ...(service.type === 'task' ? ['RemainAfterExit=yes'] : []),
    `WorkingDirectory=${plainValue(service.cwd)}`,
    ...Object.entries(variables)
      .filter(([name]) => !isSecret(name))
      .map(([name, text]) => `Environment=${quoteAssignment(`${name}=${write(text)}`)}`),
    ...(secretFile === null ? [] : [`EnvironmentFile=/etc/systemd/system/${secretFile}`]),
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
    `KillSignal=${stop.signal}`,
    `TimeoutStopSec=${seconds(stop.timeout)}`,
    ...(stop.command === null ? [] : [`ExecStop=${toWords(stop.command, write).map(quoteArgument).join(' ')}`]),
    ...toHookLine(service, 'after_stop', write),
  ];
};

/** systemd wants a path or a name that it finds on its own; both are fine as they are. */
const toCommandLine = ({ command, cwd }: Pick<Service, 'command' | 'cwd'>, write: TextWriter): string => {
  const [program = '', ...args] = toWords(command, write);
  const absolute = program.includes('/') && !program.startsWith('/') ? `${cwd}/${program.replace(/^\.\//, '')}` : program;
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

/** What belongs into `[Unit]` goes before the line that ends it. */
const toFile = (lines: readonly string[], { profiles }: Service, prefix: string): string => {
  const last = lines.at(-1) ?? '';
  const body = lines.slice(0, -1);
  const at = body.indexOf(serviceSection);
  const head = body.slice(0, at).filter((line) => line !== '');
  const install = profiles.length === 0 ? ['', '[Install]', `WantedBy=${prefix}.target`] : [];
  return `${[...head, last, '', ...body.slice(at), ...install].join('\n')}\n`;
};

const tellLosses = ({ service, losses: { lose } }: UnitInput): void => {
  const { name, ready, health, optional, portConflict, dependsOn, startupDelay } = service;
  if (ready?.check.kind === 'log' || ready?.check.kind === 'notify')
    lose(name, `that it is ready by ${ready.check.kind}: it counts as started when its program runs`);
  if (health !== null) lose(name, 'its health after the start: systemd does not ask again');
  if (startupDelay > 0) lose(name, '"startup_delay"');
  if (optional) lose(name, 'that it is optional: those that need it only want it');
  if (portConflict === 'next') lose(name, '"port_conflict: next": its port is fixed there');
  for (const edge of dependsOn) {
    if (edge.waitUpTo !== null) lose(name, `"wait_up_to" of its dependency on ${edge.on}`);
    if (edge.onLoss !== 'ignore') lose(name, `"on_loss" of its dependency on ${edge.on}`);
  }
};
