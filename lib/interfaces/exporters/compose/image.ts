import path from 'node:path';
import type { Service, ServiceName, Stack } from '../../../domain/service.ts';

export type Image = {
  readonly fields: Readonly<Record<string, unknown>>;
  /** Null: the file says it, or how it is built. */
  readonly asked: string | null;
};

/** A variable for the image of each service that names none: valid, and of no other service. */
export const createImageVariables = ({ services }: Stack): ((name: ServiceName) => string) => {
  const variables = new Map<ServiceName, string>();
  const taken = new Set<string>();
  for (const { name, cluster } of services.values()) {
    if (cluster.image !== null || cluster.build !== null) continue;
    const base = `${name
      .toUpperCase()
      .replaceAll(/[^A-Z0-9]/g, '_')
      .replace(/^(?=\d)/, '_')}_IMAGE`;
    let variable = base;
    for (let count = 2; taken.has(variable); count += 1) variable = `${base}_${count}`;
    taken.add(variable);
    variables.set(name, variable);
  }
  return (name) => variables.get(name) ?? '';
};

type ImageOptions = {
  /** Where the Compose file will lie. */
  readonly folder: string;
  readonly variable: string;
  readonly escape: (text: string) => string;
};

/** What the file says; else it is asked for, because nobody can guess it. */
export const toImage = ({ name, cluster }: Service, { folder, variable, escape }: ImageOptions): Image => {
  const image = cluster.image === null ? {} : { image: escape(cluster.image) };
  if (cluster.build !== null) {
    const { context, dockerfile, args, target } = cluster.build;
    const build = {
      context: escape(path.relative(folder, context) || '.'),
      ...(dockerfile === 'Dockerfile' ? {} : { dockerfile: escape(dockerfile) }),
      ...(Object.keys(args).length === 0 ? {} : { args: mapValues(args, escape) }),
      ...(target === null ? {} : { target: escape(target) }),
    };
    return { fields: { ...image, build }, asked: null };
  }
  if (cluster.image !== null) return { fields: image, asked: null };
  return { fields: { image: `\${${variable}:?an image that can run ${name}}` }, asked: variable };
};

const mapValues = (map: Readonly<Record<string, string>>, change: (value: string) => string): Record<string, string> =>
  Object.fromEntries(Object.entries(map).map(([key, value]) => [key, change(value)]));
