import type { Source } from '../../config/source.ts';
import type { Diagnostic } from '../../domain/diagnostic.ts';
import type { Draft } from './draft.ts';
import type { Remark } from './ledger.ts';

export type ImportInput = {
  /** What the user named, in his order. */
  readonly sources: readonly Source[];
  /** Real absolute path of the folder that the `services.yaml` will be in. */
  readonly out: string;
  readonly files: FileReader;
};

/** How an importer comes by further files. By the limits of the loader; nothing is run, nothing is written. */
export type FileReader = {
  readonly read: (absolute: string, shown: string) => Promise<Source | Diagnostic>;
  readonly kindOf: (absolute: string) => 'file' | 'folder' | null;
};

export type Imported = {
  readonly draft: Draft;
  /** Every setting that is not in the draft, and why; by file and line. */
  readonly losses: readonly Remark[];
  /** What is there in other words, or waits for somebody to decide. */
  readonly notes: readonly Remark[];
};

/** One format to read. */
export type Importer = {
  readonly format: string;
  /** For the help: what it is, in a few words. */
  readonly summary: string;
  /** By the name of the file alone, without its folder. */
  readonly isNamed: (name: string) => boolean;
  /** What a file of it has in it, for whoever named one that nobody knows. */
  readonly sign: string;
  /** By what is in it, where the name says nothing. */
  readonly looksLike: (text: string, name: string) => boolean;
  /** The draft, or why the files cannot be read at all. */
  readonly toDraft: (input: ImportInput) => Promise<Imported | readonly Diagnostic[]>;
};

export const isImported = (result: Imported | readonly Diagnostic[]): result is Imported => !Array.isArray(result);
