import { createHash } from 'node:crypto';
import { stringify } from 'yaml';
import { type Kubernetes, toKubernetes } from '../../domain/kubernetes/objects.ts';
import type { ServiceName } from '../../domain/service.ts';
import { findStuckSecrets, referencesIn } from './cluster-secrets.ts';
import type { Exporter } from './exporter.ts';

/**
 * Objects for Git, applied all at once by kubectl or wave by wave by Argo CD: each waits for itself, by a gate before it. Secrets are
 * looked up where they are; what has to be in them stands at the top.
 */
export const kubernetesExporter: Exporter = {
  format: 'kubernetes',
  summary: 'objects for a Kubernetes cluster',
  isForImages: true,
  isForCluster: true,
  toFiles: ({ stack, graph, secrets, only }) => {
    const isWanted = ({ service }: { readonly service: ServiceName | null }): boolean =>
      service === null || only === undefined || only.has(service);
    const services = [...stack.services.values()];
    const references = new Map(services.map((service) => [service.name, referencesIn(service, secrets)]));
    const result = toKubernetes({ stack, graph, secrets, references, hash: sha256, hasGates: true });
    const documents = result.objects
      .filter(isWanted)
      .flatMap(({ objects }) => objects)
      .map(toYaml);
    const text = [toHead(result.secrets.filter(isWanted)), ...documents].join('---\n');
    const problems = [...result.problems, ...services.flatMap(findStuckSecrets)].filter(isWanted);
    return { files: [{ path: 'kubernetes.yaml', text }], losses: result.losses.filter(isWanted), problems };
  },
  // Kubernetes fills it in where a command, an argument or a variable is said, from the variables of the container.
  toReference: (name) => `$(${name})`,
};

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Always in quotes: `no`, `1e3` and `22:22` mean other things to older readers. */
const toYaml = (object: unknown): string =>
  stringify(object, { defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN', lineWidth: 0, aliasDuplicateObjects: false });

const toHead = (secrets: Kubernetes['secrets']): string => {
  const lines = secrets.map(
    ({ name, keys }) => `#   kubectl create secret generic ${name} --from-env-file=FILE   (${keys.join(', ')})`,
  );
  const needed = lines.length === 0 ? [] : ['# Secrets that have to be there, with these names in them:', ...lines];
  return ['# Written by "muster export kubernetes".', ...needed, ''].join('\n');
};
