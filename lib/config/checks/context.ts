import type { Path, Report } from '../../domain/issue.ts';
import type { RawMap } from '../../domain/raw.ts';
import type { ServiceDraft } from '../../domain/resolve.ts';
import type { ServiceName, StackHooks } from '../../domain/service.ts';
import type { SystemFacts } from '../facts.ts';
import type { Layers } from '../layers.ts';

/** A service with what it was made from. */
export type Checked = { readonly draft: ServiceDraft; readonly raw: RawMap };

/** What the checks look at that need more than one field. */
export type CheckContext = {
  readonly root: string;
  /** Files in it that no service may write to. */
  readonly ownFiles: ReadonlySet<string>;
  /** All services whose name is well formed, in the order of the file. */
  readonly services: ReadonlyMap<ServiceName, Checked>;
  /** Those of them that take part. */
  readonly activeServices: readonly Checked[];
  /** All instances of each of them. */
  readonly instances: ReadonlyMap<ServiceName, readonly ServiceDraft[]>;
  /** The service that an instance belongs to; of any other name, that name. */
  readonly ownerOf: (name: ServiceName) => ServiceName;
  /** Every name of a service, also those that are no good, and of an instance. */
  readonly names: ReadonlySet<string>;
  readonly active: ReadonlySet<ServiceName>;
  /** Of the first file, at its stack level. */
  readonly stackEnv: ServiceDraft['env'];
  readonly stackHooks: StackHooks['commands'];
  readonly facts: SystemFacts;
  /** Muster's own environment, for PATH. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** False: look at nothing outside the text of the file. */
  readonly checkSystem: boolean;
  /** False: what runs elsewhere may have an image instead. */
  readonly needsCommand: boolean;
  readonly layers: Layers;
  /** Line and column of a path, for messages that name a second place. */
  readonly spot: (path: Path, atKey: boolean) => string;
  readonly report: Report;
};
