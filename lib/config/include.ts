import { lstatSync, realpathSync } from 'node:fs';
import path from 'node:path';
import type { Diagnostic } from '../domain/diagnostic.ts';
import type { Issue, Path } from '../domain/issue.ts';
import { isRawList } from '../domain/raw.ts';
import type { Variables } from './interpolate.ts';
import { createGuard, type Way } from './paths.ts';
import { readSource, readText } from './source.ts';
import { isStackFile, type StackFile, toStackFile, toWrittenPath } from './stack-file.ts';

/** More files than any stack is made of. */
const mostFiles = 100;

export type ReadFilesOptions = {
  /** As the user named it; relative to `cwd`. */
  readonly file: string;
  /** What it says; absent: the file is read. */
  readonly text?: string;
  readonly cwd: string;
  readonly env: Variables;
  readonly environment: string;
};

/** All files of a stack. */
export type StackFiles = {
  /** The one that the user named first, each included one after the first that includes it. */
  readonly all: readonly StackFile[];
  /** Which files each one includes. */
  readonly includes: ReadonlyMap<StackFile, readonly StackFile[]>;
  /** Of files that could not be read at all. */
  readonly unreadable: readonly Diagnostic[];
  /** Something is missing, which has been told: a name that is not known may well be in there. */
  readonly isPartial: boolean;
};

/**
 * The stack file and all that it includes. An include must lead to a file of the same repository (without one: of the same
 * folder), as it is written and through links, because nothing else is the business of a file that came with a clone.
 */
export const readFiles = (options: ReadFilesOptions): StackFiles => {
  const { env, environment, text } = options;
  const all: StackFile[] = [];
  const includes = new Map<StackFile, StackFile[]>();
  const unreadable: Diagnostic[] = [];
  /** By real path; null: it is no good, which has been told. */
  const known = new Map<string, StackFile | null>();
  let isPartial = false;
  let look: ((absolute: string) => Way) | null = null;

  /** `chain`: how it was come by, itself last. */
  const read = (shown: string, absolute: string, chain: readonly Step[]): StackFile | null => {
    const source = chain.length === 1 && text !== undefined ? readText(shown, absolute, text) : readSource(shown, absolute);
    if ('severity' in source) {
      unreadable.push(source);
      return null;
    }
    const file = toStackFile(source, env, environment);
    if (!isStackFile(file)) {
      unreadable.push(...file);
      return null;
    }
    all.push(file);
    includes.set(file, []);
    look ??= createGuard(findBoundary(source.root, env['HOME'] ?? null));
    for (const item of toItems(file)) {
      const included = follow(file, item, chain);
      if (included === null) isPartial = true;
      else includes.get(file)?.push(included);
    }
    return file;
  };

  const follow = (file: StackFile, { written, at }: Item, chain: readonly Step[]): StackFile | null => {
    const say = (problem: Pick<Issue, 'code' | 'message' | 'hint'>): null => {
      file.collector.report({ severity: 'error', path: at, ...problem });
      return null;
    };
    const absolute = path.resolve(file.source.root, written);
    if (/^[a-z][a-z0-9+.-]*:\/\//i.test(written) || look?.(absolute).leaves === true) {
      const message = `include "${written}" must be a file inside the project`;
      return say({ code: 'path-outside', message, hint: 'copy the file here' });
    }
    const shown = path.join(path.dirname(options.file), path.relative(all[0]?.source.root ?? '', absolute));
    const real = toReal(absolute);
    const names = [...chain.map((step) => step.shown), shown].join(' -> ');
    if (real === null) {
      const message = `included file "${written}" does not exist (${names})`;
      return say({ code: 'include-missing', message, hint: 'create it or fix the path' });
    }
    if (real.isFolder) {
      const hint = `name the file: ${path.join(written, 'services.yaml')}`;
      return say({ code: 'include-missing', message: `include "${written}" is a directory, not a file`, hint });
    }
    const round = chain.findIndex((step) => step.real === real.path);
    if (round >= 0) {
      const circle = [...chain.slice(round).map((step) => step.shown), shown].join(' -> ');
      const message = round === chain.length - 1 ? `the file includes itself (${circle})` : `include circle: ${circle}`;
      return say({ code: 'include-circle', message, hint: 'remove one of these includes' });
    }
    const before = known.get(real.path);
    if (before !== undefined) return before;
    if (known.size >= mostFiles) {
      return say({ code: 'too-many-mistakes', message: `more than ${mostFiles} files are included`, hint: 'include fewer' });
    }
    known.set(real.path, null);
    const included = read(shown, absolute, [...chain, { shown, real: real.path }]);
    known.set(real.path, included);
    return included;
  };

  const main = path.resolve(options.cwd, options.file);
  read(options.file, main, [{ shown: options.file, real: toReal(main)?.path ?? main }]);
  return { all, includes, unreadable, isPartial };
};

type Step = { readonly shown: string; readonly real: string };
type Item = { readonly written: string; readonly at: Path };

const toItems = (file: StackFile): Item[] => {
  const value = file.effective['include'];
  const isList = isRawList(value);
  return (isList ? value : [value]).flatMap((written, index): Item[] =>
    typeof written === 'string' ? [{ written, at: toWrittenPath(file, isList ? ['include', index] : ['include']) }] : [],
  );
};

const toReal = (absolute: string): { readonly path: string; readonly isFolder: boolean } | null => {
  try {
    const real = realpathSync(absolute);
    return { path: real, isFolder: lstatSync(real).isDirectory() };
  } catch {
    // Whatever the reason: there is nothing that could be read.
    return null;
  }
};

/**
 * The top of the repository that a folder is in; else the folder itself. A home folder that is a repository of its own
 * (dotfiles) is no project.
 */
const findBoundary = (root: string, home: string | null): string => {
  for (let folder = root; folder !== home && folder !== path.dirname(folder); folder = path.dirname(folder)) {
    if (lstatSync(path.join(folder, '.git'), { throwIfNoEntry: false }) !== undefined) return folder;
  }
  return root;
};
