import type { Metadata } from './status.ts';

/** What the cluster keeps of a Service: where it sends to. */
export type Endpoints = {
  readonly metadata?: Metadata;
  readonly subsets?: readonly { readonly addresses?: readonly unknown[] | null }[] | null;
};

/** Pods that are ready, and that the Service is known to send to; 0 without one. A pod counts once for each set of ports that it has. */
export const countAddresses = (endpoints: Endpoints | null): number =>
  (endpoints?.subsets ?? []).reduce((sum, { addresses }) => sum + (addresses?.length ?? 0), 0);
