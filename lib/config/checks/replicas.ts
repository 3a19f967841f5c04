import type { CheckContext, Checked } from './context.ts';

const highestPort = 65_535;

/** Instances that would have the name of another service, and ranges of ports that do not hold all of them. */
export const checkReplicas = (context: CheckContext): void => {
  for (const [owner, drafts] of context.instances) {
    if (drafts.length === 1) continue;
    for (const { name, replica } of drafts) {
      if (replica === null || !context.services.has(name)) continue;
      const message = `service "${name}" has the name of a replica of "${owner}" (${context.spot(['services', owner, 'replicas'], false)})`;
      context.report({
        severity: 'error',
        code: 'duplicate-name',
        path: ['services', name],
        atKey: true,
        message,
        hint: 'rename it',
      });
    }
  }
  for (const checked of context.activeServices) {
    checkRange(context, checked.draft);
    checkRangeIsUsed(context, checked);
  }
};

const checkRange = ({ report }: CheckContext, { name, ports, portRange, replicas }: Checked['draft']): void => {
  if (replicas < 2 || ports.length === 0) return;
  const at = { severity: 'error', code: 'invalid-value', path: ['services', name, 'replicas'] } as const;
  const last = Math.max(...ports.map(({ wanted }) => (wanted ?? 0) + replicas - 1));
  if (last > highestPort) {
    report({
      ...at,
      message: `the last of ${replicas} replicas would have port ${last}`,
      hint: 'use a lower port or fewer replicas',
    });
  }
  const size = portRange === null ? null : portRange[1] - portRange[0] + 1;
  if (size === null || size >= replicas * ports.length) return;
  const message = `port_range holds ${size} port${size === 1 ? '' : 's'}, and ${replicas} replicas need ${replicas * ports.length}`;
  report({ ...at, message, hint: 'widen port_range, or use fewer replicas' });
};

/** A range that nothing looks at is a mistake of the service that has it, but not of defaults that are there for others. */
const checkRangeIsUsed = ({ report, layers }: CheckContext, { draft, raw }: Checked): void => {
  const { name, ports, portConflict, portRange } = draft;
  if (portRange === null) return;
  const path = ['services', name, 'port_range'];
  const isWrong = ['port', 'ports', 'port_conflict'].some((key) => Object.hasOwn(raw, key) && raw[key] === undefined);
  const isUsed = isWrong || (ports.length > 0 && portConflict === 'next') || ports.some(({ wanted }) => wanted === null);
  if (layers.locate(path).path.includes('defaults') || isUsed) return;
  const message =
    ports.length === 0 ? '"port_range" has no effect without "port"' : '"port_range" has no effect on a port that is fixed';
  const hint = ports.length === 0 ? 'add "port: auto"' : 'add "port_conflict: next", or remove it';
  report({ severity: 'warning', code: 'invalid-value', path, atKey: true, message, hint });
};
