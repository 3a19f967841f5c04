import type { Service } from '../../domain/service.ts';
import type { ExportInput, Loss } from './exporter.ts';
import { findReferences } from './stand-ins.ts';

/** Secrets of the caller that its command or its variables hold: they become variables of its container. */
export const referencesIn = ({ name, command, env }: Service, secrets: ExportInput['secrets']): readonly string[] => {
  const shown = Object.entries(env).filter(([variable]) => secrets.get(name)?.has(variable) !== true);
  return findReferences([command, shown]);
};

/** Where Kubernetes fills in nothing, a secret could only stand as it is. */
export const findStuckSecrets = ({ name, ready, health, stop }: Service): readonly Loss[] => {
  const say = (where: string, found: readonly string[]): readonly Loss[] =>
    found.length === 0
      ? []
      : [
          {
            service: name,
            text: `${where} holds ${found.join(', ')}, and a cluster fills in nothing there: read it in a script`,
          },
        ];
  return [...say('its check', findReferences([ready, health])), ...say('its stop command', findReferences(stop))];
};
