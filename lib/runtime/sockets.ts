import type { BoundPort, Marker, PortHolder, PortRefusal } from '../domain/process.ts';
import type { Service, ServiceName } from '../domain/service.ts';
import type { Tree } from './processes.ts';
import type { Address } from './sockets/addresses.ts';

/** Who listens where. Reads the system's LISTEN tables of both families; a bind test alone lies. */
export type Sockets = {
  /** Listeners whose address clashes with `host` on these ports, each with its holder as far as it can be seen. */
  findHolders(ports: readonly number[], host: string): Promise<readonly PortHolder[]>;

  /**
   * Whose is the listener that answers on `host`:`port`? Cheap enough for each readiness check: it stops reading the table at the first match.
   * `unknown` where the platform cannot tell.
   */
  ownerOf(port: number, host: string, tree: Tree): ListenerOwner;

  /** Every port that anybody listens on, on any address. Absent where the system tells it only at the price of a process. */
  readonly listeningPorts?: () => ReadonlySet<number>;

  /** Where members of the tree listen, for "declared 3000, listens on 3001": by port, each once. Empty where the system cannot tell. */
  listenersOf(tree: Tree): Promise<readonly TcpListener[]>;
};

export type TcpListener = { readonly address: Address; readonly port: number };

export type ListenerOwner =
  | { readonly kind: 'ours' }
  | { readonly kind: 'stranger'; readonly holder: PortHolder }
  | { readonly kind: 'nobody' }
  | { readonly kind: 'unknown' };

export type ClaimOptions = {
  readonly service: Service;
  readonly marker: Marker;
  /** `--force`: strangers that the user was shown on this command line, and agreed to end. Nobody else is. */
  readonly mayEnd: (holder: PortHolder) => boolean;
  /** Ports that other services of this stack have or want: `next` never takes one of them. */
  readonly taken: ReadonlySet<number>;
  /** False: the stack has no such service any more, and what was chosen for it is free again. Absent: it has all of them. */
  readonly isPresent?: (name: ServiceName) => boolean;
  /** Asked for each port while it waits for a holder of ours to let go. */
  readonly onReclaim: (holder: PortHolder) => void;
};

export type ClaimOutcome =
  | { readonly ok: true; readonly ports: readonly BoundPort[] }
  | { readonly ok: false; readonly refusal: PortRefusal };

/** Makes the ports of a service free, or says who has them. One rule for `fail`, `reclaim` and `next`. */
export type ClaimPorts = (options: ClaimOptions) => Promise<ClaimOutcome>;
