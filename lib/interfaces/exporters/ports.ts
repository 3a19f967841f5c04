import type { Service } from '../../domain/service.ts';

/** The first port that the file gives; null: there is none, or any free one is taken at each start. */
export const fixedPort = ({ ports }: Service): number | null => ports[0]?.wanted ?? null;

/** What the file gives, without those that are chosen at each start. */
export const fixedPorts = ({ ports }: Service): readonly { readonly name: string | null; readonly port: number }[] =>
  ports.flatMap(({ name, wanted }) => (wanted === null ? [] : [{ name, port: wanted }]));

/** `PORT`, and `PORT_<NAME>` for each that has a name, as muster itself sets them. */
export const toPortVariables = (service: Service): Readonly<Record<string, string>> => {
  const variables: Record<string, string> = {};
  fixedPorts(service).forEach(({ name, port }, index) => {
    if (index === 0) variables['PORT'] = String(port);
    if (name !== null) variables[`PORT_${name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`] = String(port);
  });
  return variables;
};
