import { toPortVariables } from '../../domain/port-variables.ts';
import type { Service } from '../../domain/service.ts';

/** The first port that the file gives; null: there is none, or any free one is taken at each start. */
export const fixedPort = ({ ports }: Service): number | null => ports[0]?.wanted ?? null;

/** What muster itself tells the program of its ports, as far as the file has them. */
export const portVariablesOf = ({ ports }: Service): Readonly<Record<string, string>> =>
  toPortVariables(ports.map(({ name, wanted }) => ({ name, port: wanted })));
