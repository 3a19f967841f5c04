import type { Service } from './service.ts';

/** A name as part of the name of a variable: `web-api` is `WEB_API`. */
export const toVariablePart = (name: string): string => name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_');

/** The variable that tells a program the port of this name: `PORT_<NAME>`. */
export const portVariableOf = (name: string): string => `PORT_${toVariablePart(name)}`;

/** What a program is told of its ports: the first as `PORT`, and each that has a name as that, too. Null: it is not known yet. */
export const toPortVariables = (
  ports: readonly { readonly name: string | null; readonly port: number | null }[],
): Readonly<Record<string, string>> => {
  const variables: Record<string, string> = {};
  ports.forEach(({ name, port }, index) => {
    if (port === null) return;
    if (index === 0) variables['PORT'] = String(port);
    if (name !== null) variables[portVariableOf(name)] = String(port);
  });
  return variables;
};

/** What muster itself tells the program of its ports, as far as the file has them. */
export const portVariablesOf = ({ ports }: Pick<Service, 'ports'>): Readonly<Record<string, string>> =>
  toPortVariables(ports.map(({ name, wanted }) => ({ name, port: wanted })));
