import type { Metadata } from './status.ts';
import { toLabel, type Workload } from './workload.ts';

type Labels = Readonly<Record<string, string>>;

/** Whose an object is: all those of a workload carry its name. */
export const nameLabel = 'app.kubernetes.io/name';

const partLabel = 'app.kubernetes.io/part-of';

/** What every object of a stack carries, and is found by. */
export const toStackLabels = (stack: string): Labels => ({
  [partLabel]: toLabel(stack),
  'app.kubernetes.io/managed-by': 'muster',
});

/** What every object of a workload carries. */
export const toLabels = ({ objectName }: Pick<Workload, 'objectName'>, stack: string): Labels => ({
  [nameLabel]: objectName,
  ...toStackLabels(stack),
});

/** What its pods are chosen by: a Deployment can never choose others. */
export const toSelector = ({ objectName }: Pick<Workload, 'objectName'>, stack: string): Labels => ({
  [nameLabel]: objectName,
  [partLabel]: toLabel(stack),
});

/** The name of the workload that an object is of; undefined: it is of none of ours. */
export const workloadOf = ({ metadata }: { readonly metadata?: Pick<Metadata, 'labels'> }): string | undefined =>
  metadata?.labels?.[nameLabel];
