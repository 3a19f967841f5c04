import path from 'node:path';
import type { DraftField } from '../draft.ts';
import { rebase } from '../paths.ts';
import { createReader, type MapReader } from '../reader.ts';
import { isNothing, scalarText, type Tree } from '../tree.ts';
import type { ComposeContext } from './context.ts';
import { findPortVariables, type PortVariables, saysHost, toPortVariable } from './host-variables.ts';
import { toKeyed } from './merge.ts';

export const toEnvFields = (service: MapReader, self: string, context: ComposeContext): readonly DraftField[] => {
  const env = toEnv(service, self, context);
  const files = toEnvFiles(service, context);
  return [
    ...(Object.keys(env).length === 0 ? [] : [{ key: 'env', value: env }]),
    ...(files.length === 0 ? [] : [{ key: 'env_file', value: files }]),
  ];
};

const toEnv = (service: MapReader, self: string, context: ComposeContext): Readonly<Record<string, string>> => {
  const env: Record<string, string> = {};
  const { ledger } = context;
  const entry = service.entry('environment');
  if (entry === null || isNothing(entry.value)) return env;
  const tree = toKeyed(entry.value);
  if (tree.kind !== 'map') {
    ledger.lose(entry, 'it should be a map, or a list of NAME=value');
    return env;
  }
  const [first] = context.ports.get(self)?.ports ?? [];
  const neighbours = findPortVariables(tree, context);
  for (const variable of tree.entries) {
    const { key, value } = variable;
    if (isNothing(value) && isInherited(key, context)) {
      ledger.note(variable, 'it is that of whoever starts muster, as every variable is');
      continue;
    }
    const text = isNothing(value) ? context.text(`\${${key}}`, variable) : toValue(value, key, { self, neighbours, context });
    if (!/^[A-Za-z_][\w.-]*$/.test(key)) ledger.lose(variable, 'this is no name of a variable');
    else if (value.kind === 'opaque') ledger.lose(variable, value.why);
    else if (text === null) ledger.lose(variable, 'it should be text');
    else if (key === 'PORT' && first !== undefined && (text === String(first.target) || text === String(first.value))) {
      ledger.note(variable, 'muster sets PORT itself, from "port"');
    } else env[key] = text;
  }
  return env;
};

/** Compose hands on what is set, or what `.env` says; muster hands on all of its own but what is node's and npm's. */
const isInherited = (name: string, { dotEnv }: ComposeContext): boolean =>
  /^[A-Za-z_][\w.-]*$/.test(name) && !dotEnv.has(name) && name !== 'NODE_OPTIONS' && !name.startsWith('npm_');

type Owner = { readonly self: string; readonly neighbours: PortVariables; readonly context: ComposeContext };

const toValue = (value: Tree, key: string, { self, neighbours, context }: Owner): string | null => {
  const written = scalarText(value);
  if (written === null) return null;
  const text = context.text(written, value);
  const owner = neighbours.get(key);
  if (owner === undefined) return context.address(text, value, { self, what: saysHost(key) ? 'host' : 'value' });
  const tell = (why: string): void => context.ledger.note(value, why);
  const port = toPortVariable(text, owner, { ...context, tell });
  if (port === null) return text;
  tell(`the port in it became that of "${owner}" on this machine: ${port}`);
  return port;
};

const toEnvFiles = (service: MapReader, context: ComposeContext): readonly string[] => {
  const { ledger, out, files, text } = context;
  const entry = service.entry('env_file');
  if (entry === null || isNothing(entry.value)) return [];
  const items = entry.value.kind === 'list' ? entry.value.items : [entry.value];
  return items.flatMap((item): readonly string[] => {
    let written = scalarText(item);
    if (item.kind === 'map') {
      const map = createReader(item, ledger);
      written = map.text('path');
      const isRequired = map.flag('required') !== false;
      map.finish({ format: 'muster reads NAME=value lines, with quotes' });
      if (!isRequired && written !== null) {
        if (files.kindOf(path.resolve(item.at.folder, written)) === null) {
          ledger.lose(item, 'the file is not there, and need not be');
          return [];
        }
        map.lose('required', 'the file is there now, and is needed from here on');
      }
    }
    if (written === null) ledger.lose(item, 'it should be the name of a file');
    return written === null ? [] : [rebase(text(written, item), item.at, out)];
  });
};
