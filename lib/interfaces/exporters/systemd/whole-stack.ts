import path from 'node:path';
import { createLossList, type Exporter } from '../exporter.ts';
import { findReferences } from '../stand-ins.ts';
import { plainValue, quoteArgument, quoteAssignment } from './quote.ts';
import { tellUserLoss, toUserLines } from './user.ts';

/** Longer than everything may take to stop, so that systemd never comes between. */
const patience = 10_000;

/** One unit for all of it: muster itself, started with the machine. It orders, proves and remembers as it does by hand. */
export const systemdUnitExporter: Exporter = {
  format: 'systemd-unit',
  summary: 'one systemd unit that runs "muster up" at boot',
  toReference: (name) => `\${${name}}`,
  toFiles: (input) => {
    const { stack, muster, selection = [] } = input;
    const losses = createLossList();
    tellUserLoss(input, losses);
    const needed = findReferences([[...stack.services.values()], stack.hooks, stack.notify]);
    if (needed.length > 0)
      losses.lose(
        null,
        `your ${needed.join(', ')}, which the file asks for: set ${needed.length === 1 ? 'it' : 'them'} in an EnvironmentFile=`,
      );
    const name = stack.name.replaceAll(/[^A-Za-z0-9:_.-]/g, '_').replace(/^[.-]+/, '') || 'stack';
    const file = path.resolve(stack.root, path.basename(stack.file));
    const lines = [
      '[Unit]',
      `Description=${plainValue(`${stack.name} (muster)`)}`,
      'Wants=network-online.target',
      'After=network-online.target',
      '',
      '[Service]',
      'Type=exec',
      ...toUserLines(input),
      `WorkingDirectory=${plainValue(stack.root)}`,
      `Environment=${quoteAssignment(`MUSTER_ENV=${stack.environment}`)}`,
      `ExecStart=${[...muster, 'up', '--file', file, ...selection].map(quoteArgument).join(' ')}`,
      // Only muster is told; it stops the services in order, and proves that nothing is left.
      'KillMode=mixed',
      `TimeoutStopSec=${(stack.shutdownDeadline + patience) / 1000}s`,
      'TimeoutStartSec=infinity',
      // 128 + SIGTERM: it was asked to end.
      'SuccessExitStatus=143',
      'Restart=on-failure',
      'RestartSec=5s',
      '',
      '[Install]',
      'WantedBy=multi-user.target',
    ];
    return { files: [{ path: `${name}.service`, text: `${lines.join('\n')}\n` }], losses: losses.all() };
  },
};
