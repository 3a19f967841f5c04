import type { DraftField, DraftValue } from './draft.ts';

type Env = { readonly [name: string]: DraftValue };

/** `PORT` out of an environment, as fields of `services.yaml`; as it was where it holds no number of a port. */
export const toPortFields = (env: Env): readonly DraftField[] => {
  const { PORT: written, ...rest } = env;
  const port = typeof written === 'string' && /^\d{1,5}$/.test(written) ? Number(written) : 0;
  const isPort = port >= 1 && port <= 65_535;
  const left = isPort ? rest : env;
  return [
    ...(Object.keys(left).length === 0 ? [] : [{ key: 'env', value: left }]),
    ...(isPort ? [{ key: 'port', value: port }] : []),
  ];
};

/** What is told of a `PORT` that went into `port`. */
export const portNote = 'its PORT is "port" here: muster sets PORT itself, one for each instance';

/**
 * The same fields, with `port` instead of a `PORT` that all replicas would get: elsewhere each has a network of its own, or they
 * share what listens; here only one of them could listen on it. Calls `tell` when it is so.
 */
export const withPortPerReplica = (fields: readonly DraftField[], tell: () => void): readonly DraftField[] => {
  const valueOf = (key: string): DraftValue | undefined => fields.find((field) => field.key === key)?.value;
  const [replicas, env] = [valueOf('replicas'), valueOf('env')];
  if (typeof replicas !== 'number' || replicas < 2 || valueOf('port') !== undefined || valueOf('ports') !== undefined)
    return fields;
  if (typeof env !== 'object' || env === null || Array.isArray(env)) return fields;
  const moved = toPortFields(env as Env);
  if (!moved.some(({ key }) => key === 'port')) return fields;
  tell();
  return fields.flatMap((field) => (field.key === 'env' ? moved : [field]));
};
