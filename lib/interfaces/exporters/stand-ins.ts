import { looksSecret } from '../../util/secrets.ts';
import type { ExportedFile, Exporter } from './exporter.ts';

/**
 * While a stack is read to be exported, each secret of the caller is stood in for by a text that names it. Wherever `${TOKEN}`
 * was written (in a command, a header, a URL), the stand-in comes out, and becomes a reference again. It goes through a URL as
 * it is, and a shell's quoting puts it between quotes. One that is a whole address is stood in for by an address, so that it may
 * stand where only an address may.
 */
const standIn = /(?:https?:\/\/localhost\/~muster-secret-url-|~muster-secret-)(\w+)~/g;

export const toStandIns = (env: Readonly<Record<string, string | undefined>>): Record<string, string | undefined> =>
  Object.fromEntries(
    Object.entries(env).map(([name, value]) => [name, looksSecret(name) && value ? toStandIn(name, value) : value]),
  );

const toStandIn = (name: string, value: string): string => {
  const [scheme] = /^https?:\/\//i.exec(value) ?? [];
  return scheme === undefined ? `~muster-secret-${name}~` : `${scheme.toLowerCase()}localhost/~muster-secret-url-${name}~`;
};

/** The secrets of the caller that stand somewhere in a value. */
export const findReferences = (value: unknown): readonly string[] => [
  ...new Set([...(JSON.stringify(value) ?? '').matchAll(standIn)].map(([, name = '']) => name)),
];

/** The files with every stand-in as a reference of their format. */
export const withReferences = (files: readonly ExportedFile[], { toReference }: Exporter): readonly ExportedFile[] =>
  files.map((file) => ({ ...file, text: file.text.replaceAll(standIn, (_, name: string) => toReference(name)) }));

/** Data with every stand-in as a reference. */
export const fillReferences = <Data>(data: Data, toReference: (name: string) => string): Data =>
  JSON.parse(JSON.stringify(data).replaceAll(standIn, (_, name: string) => toReference(name))) as Data;

/** Text with every secret of the caller in its place: for what goes where it belongs, and is shown to nobody. */
export const fillSecrets = (text: string, env: Readonly<Record<string, string | undefined>>): string =>
  text.replaceAll(standIn, (_, name: string) => env[name] ?? '');

/** Data with every secret of the caller in its place: the same warning holds. */
export const fillSecretsIn = <Data>(data: Data, env: Readonly<Record<string, string | undefined>>): Data =>
  JSON.parse(JSON.stringify(data).replaceAll(standIn, (_, name: string) => JSON.stringify(env[name] ?? '').slice(1, -1))) as Data;
