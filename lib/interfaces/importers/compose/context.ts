import type { FileReader } from '../importer.ts';
import type { Ledger } from '../ledger.ts';
import type { MapTree, Spot } from '../tree.ts';
import type { KnownPorts } from './known-ports.ts';
import type { PortPlan } from './port-plan.ts';
import type { DotEnv } from './variables.ts';

/** What the parts of a service need to know of the whole. */
export type ComposeContext = {
  readonly ledger: Ledger;
  readonly files: FileReader;
  /** The folder that the result will be in. */
  readonly out: string;
  /** By their names in the Compose file. */
  readonly services: ReadonlyMap<string, MapTree>;
  /** Names as muster takes them, by those of the Compose file. */
  readonly names: ReadonlyMap<string, string>;
  readonly ports: ReadonlyMap<string, PortPlan>;
  readonly known: KnownPorts;
  /** Services that others wait for to have ended. */
  readonly tasks: ReadonlySet<string>;
  /** What Compose reads from the `.env` beside the file. */
  readonly dotEnv: DotEnv;
  /** Text of the Compose file as `services.yaml` writes it: its variables, and `$`. */
  readonly text: (text: string, spot: Spot) => string;
  /** The same, with the addresses of other services where they are named as hosts. */
  readonly address: (text: string, spot: Spot, use: AddressUse) => string;
};

/**
 * `host`: the value of a variable that is one, or several; `value`: of one that says nothing such; `words`: of a command; `flagged`:
 * the word behind `--host`.
 */
export type AddressUse = { readonly self: string; readonly what: 'host' | 'value' | 'words' | 'flagged' };
