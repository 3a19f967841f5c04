import type { Service } from '../../domain/service.ts';

/** The first port that the file gives; null: there is none, or any free one is taken at each start. */
export const fixedPort = ({ ports }: Service): number | null => ports[0]?.wanted ?? null;
