import { composeExporter } from './compose.ts';
import { dotExporter } from './dot.ts';
import type { Exporter } from './exporter.ts';
import { jsonExporter } from './json.ts';
import { kubernetesExporter } from './kubernetes.ts';
import { procfileExporter } from './procfile.ts';
import { systemdUnitExporter } from './systemd/whole-stack.ts';
import { systemdExporter } from './systemd.ts';

/** Every format, by the name that the command line has for it. */
export const exporters: readonly Exporter[] = [
  composeExporter,
  kubernetesExporter,
  systemdExporter,
  systemdUnitExporter,
  procfileExporter,
  dotExporter,
  jsonExporter,
];
