import type { Service, ServiceName } from '../../domain/service.ts';
import { withNumbers } from './auto-ports.ts';
import { createLossList, type ExportedFile, type Exporter, type ExportInput, type LossList } from './exporter.ts';
import { tellStackLosses } from './stack-losses.ts';
import { findReferences } from './stand-ins.ts';
import { toEnvironment, toEnvironmentFile } from './systemd/environment.ts';
import { tellLosses } from './systemd/losses.ts';
import { plainValue } from './systemd/quote.ts';
import { toHead, toLife, type UnitOf } from './systemd/unit.ts';
import { tellUserLoss, toUserLines } from './systemd/user.ts';
import { createTextWriter, type TextWriter, toLocalAddress } from './text.ts';

/** A unit a service, and a target that wants them all. Values of secrets go into a file beside them, to be filled in. */
export const systemdExporter: Exporter = {
  format: 'systemd',
  summary: 'systemd units, one a service, and a target',
  toReference: (name) => `\${${name}}`,
  toFiles: (asked) => {
    const losses = createLossList();
    const input = { ...asked, stack: withNumbers(asked.stack, losses) };
    const { stack } = input;
    tellUserLoss(input, losses);
    tellStackLosses(stack, losses);
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
    const files = services.flatMap((service) => toUnitFiles({ service, input, prefix, unitOf, write, losses }));
    return { files: [{ path: `${prefix}.target`, text: `${target.join('\n')}\n` }, ...files], losses: losses.all() };
  },
};

/** Letters, digits and `:_.\-`, as systemd wants them. */
const toUnitName = (name: string): string => name.replaceAll(/[^A-Za-z0-9:_.-]/g, '_').replace(/^[.-]+/, '') || 'stack';

const createUnitNames = ({ stack }: ExportInput, prefix: string, { lose }: LossList): UnitOf => {
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
  readonly prefix: string;
  readonly unitOf: UnitOf;
  readonly write: TextWriter;
  readonly losses: LossList;
};

/** The unit, and where it has secrets, the file that they go into. */
const toUnitFiles = ({ service, input, prefix, unitOf, write, losses }: UnitInput): readonly ExportedFile[] => {
  tellLosses(service, input.stack, losses);
  const environment = toEnvironment({ service, input, write, losses });
  const life = toLife(service, write);
  const toFill = new Map([...findReferences(life).map((name) => [name, null] as const), ...environment.toFill]);
  const unit = unitOf(service.name);
  const lines = [
    ...toHead(service, unitOf),
    `PartOf=${prefix}.target`,
    '',
    '[Service]',
    service.type === 'task' ? 'Type=oneshot' : 'Type=exec',
    ...(service.type === 'task' ? ['RemainAfterExit=yes'] : []),
    ...toUserLines(input),
    `WorkingDirectory=${plainValue(service.cwd)}`,
    ...environment.lines,
    ...(toFill.size === 0 ? [] : [`EnvironmentFile=/etc/systemd/system/${unit}.env`]),
    ...life,
    ...(service.profiles.length === 0 ? ['', '[Install]', `WantedBy=${prefix}.target`] : []),
  ];
  return [
    { path: unit, text: `${lines.join('\n')}\n` },
    ...(toFill.size === 0 ? [] : [{ path: `${unit}.env`, text: toEnvironmentFile(toFill), isPrivate: true as const }]),
  ];
};
