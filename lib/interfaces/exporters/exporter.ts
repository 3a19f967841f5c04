import type { ServiceGraph } from '../../domain/graph.ts';
import type { ServiceName, Stack } from '../../domain/service.ts';

/** As names or numbers. */
export type ExportUser = { readonly name: string; readonly group: string };

export type ExportInput = {
  readonly stack: Stack;
  readonly graph: ServiceGraph;
  /** Only these of the stack; the others are there for their addresses. Absent: all. */
  readonly only?: ReadonlySet<ServiceName>;
  /** Names of environment variables, by service, whose values must not leave this machine: they become references. */
  readonly secrets: ReadonlyMap<ServiceName, ReadonlySet<string>>;
  /** How this very muster is called, as absolute paths: for what has to call it. */
  readonly muster: readonly string[];
  /** What "muster up" has to be told to boot this very stack: its profiles, and the services that were named. Absent: nothing. */
  readonly selection?: readonly string[];
  /** Whose rights the programs have now. Null or absent: root's, or the system has no such users. */
  readonly user?: ExportUser | null;
  /** Real path of where the files will lie, for paths that are relative to them. Absent: in the project's folder. */
  readonly folder?: string;
};

export type ExportedFile = {
  /** Relative, without `..`: the only file of most formats is called what their tools look for. */
  readonly path: string;
  readonly text: string;
  /** It names secrets or is theirs to be filled in: for the user alone. */
  readonly isPrivate?: true;
  /** It only goes with the first file: where that has a name of its own, this one lies beside it. */
  readonly isBeside?: true;
};

/** Something that the other format cannot say; `service` is null where it is about the whole stack. */
export type Loss = { readonly service: ServiceName | null; readonly text: string };

export type Exported = {
  readonly files: readonly ExportedFile[];
  readonly losses: readonly Loss[];
  /** What keeps the stack from being run there at all: then nothing is written. */
  readonly problems?: readonly Loss[];
};

/** One format to write. Starts nothing, reads nothing but what it is given. */
export type Exporter = {
  readonly format: string;
  /** For the help: what it is, in a few words. */
  readonly summary: string;
  readonly toFiles: (input: ExportInput) => Exported;
  /** What it runs is in images: programs and folders of this machine do not matter, and an image may know its own command. */
  readonly isForImages?: true;
  /** It is read as for a cluster: whole, whoever is named, because others are known by their addresses there. */
  readonly isForCluster?: true;
  /** How a text of this format says a variable of whoever uses it; `$NAME` where it has none. */
  readonly toReference: (name: string) => string;
};

/** Collects what is lost on the way, in the order in which it is found. */
export type LossList = {
  readonly lose: (service: ServiceName | null, text: string) => void;
  readonly all: () => readonly Loss[];
};

export const createLossList = (): LossList => {
  const losses: Loss[] = [];
  return { lose: (service, text) => void losses.push({ service, text }), all: () => losses };
};
