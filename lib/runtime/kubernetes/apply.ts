import { isDeepStrictEqual } from 'node:util';
import type { KubernetesObject } from '../../domain/kubernetes/object.ts';
import { toData, toProblem } from './answer.ts';
import { type Applied, type Item, type Kind, kinds, type Preview, toPath } from './cluster.ts';
import type { Answer, Call } from './http.ts';

/** Owner of the fields that we write. */
export const manager = 'muster';

export type Application = {
  readonly object: KubernetesObject;
  /** Also over fields that belong to somebody else. */
  readonly force: boolean;
  readonly namespace: string;
  readonly ask: (call: Call) => Promise<Answer | string>;
};

export const apply = async (application: Application): Promise<Applied> => toApplied(await patch(application, false));

/** By a dry run beside what stands there, as `kubectl diff --server-side` does it. */
export const preview = async (application: Application): Promise<Preview> => {
  const { object, namespace, ask } = application;
  const [wanted, standing] = await Promise.all([
    patch(application, true).then(toObject),
    ask({ method: 'GET', path: toPath(toKind(object), namespace, object.metadata.name) }).then(toObject),
  ]);
  if (wanted === null || standing === null) return { isSame: false };
  const isSame = isDeepStrictEqual(toSubstance(wanted), toSubstance(standing));
  return isSame ? { isSame, version: standing.metadata?.resourceVersion ?? '' } : { isSame: false };
};

const patch = ({ object, force, namespace, ask }: Application, isDry: boolean): Promise<Answer | string> => {
  const query = `fieldManager=${manager}&force=${force}${isDry ? '&dryRun=All' : ''}`;
  const path = `${toPath(toKind(object), namespace, object.metadata.name)}?${query}`;
  return ask({ method: 'PATCH', path, body: JSON.stringify(object), contentType: 'application/apply-patch+yaml' });
};

const toKind = ({ kind }: KubernetesObject): Kind => {
  if (!Object.hasOwn(kinds, kind)) throw new Error(`${kind} is none of the kinds that are applied`);
  return kind as Kind;
};

/** As far as a preview looks at it. */
type Standing = Item & {
  readonly metadata?: {
    readonly managedFields?: readonly { readonly manager?: string; readonly operation?: string; readonly fieldsV1?: unknown }[];
  };
  readonly spec?: unknown;
  readonly data?: unknown;
  readonly type?: unknown;
};

const toObject = (answer: Answer | string): Standing | null =>
  typeof answer === 'string' || answer.status !== 200 ? null : toData(answer.text);

/** What an application writes. What the cluster says of it, and when who wrote what, is another from one moment to the next. */
const toSubstance = ({ metadata, spec, data, type }: Standing): unknown => {
  const own = metadata?.managedFields?.filter((entry) => entry.manager === manager && entry.operation === 'Apply') ?? [];
  const { labels, annotations, generation } = metadata ?? {};
  return { labels, annotations, generation, spec, data, type, own: own.map(({ fieldsV1 }) => fieldsV1) };
};

export const toApplied = (answer: Answer | string): Applied => {
  if (typeof answer === 'string') return { ok: false, problem: answer };
  const data = toData(answer.text);
  if (answer.status === 200 || answer.status === 201) return { ok: true, ...toVersion(toItem(data)) };
  const conflicts = answer.status === 409 ? toConflicts(data) : [];
  return conflicts.length > 0 ? { ok: false, conflicts } : { ok: false, problem: toProblem(answer) };
};

/** `conflict with "kubectl-scale" using apps/v1`, for each field. */
const toConflicts = (data: unknown): readonly { readonly field: string; readonly manager: string }[] => {
  const { details } = (data ?? {}) as { details?: { causes?: readonly { field?: string; message?: string; reason?: string }[] } };
  return (details?.causes ?? []).flatMap(({ field, message, reason }) => {
    if (reason !== 'FieldManagerConflict') return [];
    return [
      {
        field: (field ?? '?').replace(/^\./, ''),
        manager: /conflict with "([^"]+)"/.exec(message ?? '')?.[1] ?? 'somebody else',
      },
    ];
  });
};

const toVersion = (item: Item | null): { readonly version: string; readonly generation: number } => ({
  version: item?.metadata?.resourceVersion ?? '',
  generation: item?.metadata?.generation ?? 0,
});

const toItem = (data: object | null): Item | null => data;
