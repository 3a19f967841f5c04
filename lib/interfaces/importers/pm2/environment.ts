import type { DraftField } from '../draft.ts';
import type { Ledger } from '../ledger.ts';
import { toLiteral } from '../literal.ts';
import type { MapReader } from '../reader.ts';
import { isNothing, scalarText } from '../tree.ts';

type Context = {
  readonly ledger: Ledger;
  /** What the app says as `port`, which pm2 puts over a PORT of its environments. */
  readonly port: number | null;
};

/** One of an app's environments: `env`, `env_production`. */
export const toEnv = (app: MapReader, key: string, { ledger, port }: Context): Readonly<Record<string, string>> => {
  const entry = app.entry(key);
  if (entry === null || isNothing(entry.value)) return {};
  if (entry.value.kind !== 'map') {
    ledger.lose(entry, 'it should be a map');
    return {};
  }
  const env: Record<string, string> = {};
  for (const variable of entry.value.entries) {
    const text = scalarText(variable.value);
    if (!/^[A-Za-z_][\w.-]*$/.test(variable.key))
      ledger.lose(variable, variable.value.kind === 'opaque' ? variable.value.why : 'this is no name of a variable');
    else if (text === null) ledger.lose(variable, variable.value.kind === 'opaque' ? variable.value.why : 'it should be text');
    else if (variable.key === 'PORT' && port !== null) ledger.lose(variable, '"port" says which it is');
    else env[variable.key] = toLiteral(text);
  }
  return env;
};

export const toEnvFields = (env: Readonly<Record<string, string>>): readonly DraftField[] =>
  Object.keys(env).length === 0 ? [] : [{ key: 'env', value: env }];
