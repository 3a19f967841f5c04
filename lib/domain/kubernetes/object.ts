/** Plain data, as it goes to a cluster. Fields that are undefined are left out. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json | undefined };

export type JsonMap = { readonly [key: string]: Json | undefined };

export type KubernetesObject = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: JsonMap & { readonly name: string };
  readonly spec?: JsonMap;
};

/** Annotation of a Deployment or Job: hash of all that was applied of its service. */
export const definitionKey = 'muster/definition';

/** Whole seconds, at least one: Kubernetes knows no shorter times. */
export const toSeconds = (ms: number): number => Math.max(1, Math.ceil(ms / 1000));

/** Null where there is nothing in it, so that no empty map stands in an object. */
export const orNothing = (map: JsonMap): JsonMap | undefined =>
  Object.values(map).every((value) => value === undefined) ? undefined : map;

/** Without the fields that are undefined, at every depth. */
export const clean = (value: Json | undefined): Json => {
  if (value === undefined) return null;
  if (Array.isArray(value)) return value.map((item: Json) => clean(item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]: [string, Json | undefined]) => (item === undefined ? [] : [[key, clean(item)]])),
  );
};
