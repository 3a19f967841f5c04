import path from 'node:path';
import type { Path, Report } from '../../domain/issue.ts';
import { climbsOut, isInside } from '../paths.ts';
import { toWrittenPath } from '../stack-file.ts';
import type { CheckContext } from './context.ts';

/** What is removed must be inside the project, and never all of it: a mistake here costs somebody's work. */
export const checkClean = (context: CheckContext): void => {
  for (const file of context.layers.files) {
    const globs = file.effective['clean'];
    const report: Report = (issue) => file.collector.report({ ...issue, path: toWrittenPath(file, issue.path) });
    checkGlobs({ root: context.root, folder: file.source.root, globs, path: ['clean'], report });
  }
  for (const { draft, raw } of context.services.values()) {
    if (draft.clean === null || !context.active.has(draft.name)) continue;
    const { root, report } = context;
    checkGlobs({ root, folder: draft.clean.folder, globs: raw['clean'], path: ['services', draft.name, 'clean'], report });
  }
};

type Globs = {
  readonly root: string;
  readonly folder: string;
  readonly globs: unknown;
  readonly path: Path;
  readonly report: Report;
};

const checkGlobs = ({ root, folder, globs, path: base, report }: Globs): void => {
  const list: readonly unknown[] = Array.isArray(globs) ? globs : [globs];
  list.forEach((glob, index) => {
    if (typeof glob !== 'string') return;
    const problem = findProblem(root, folder, glob);
    if (problem !== null) report({ severity: 'error', path: Array.isArray(globs) ? [...base, index] : base, ...problem });
  });
};

const findProblem = (
  root: string,
  folder: string,
  glob: string,
): Pick<Parameters<Report>[0], 'code' | 'message' | 'hint'> | null => {
  const plain = glob.replace(/^!/, '');
  const within = isInside(root, folder) ? root : folder;
  if (path.isAbsolute(plain) || climbsOut(plain) || !isInside(within, path.resolve(folder, plain))) {
    return { code: 'path-outside', message: `"${glob}" leaves the project directory`, hint: 'use a path inside the project' };
  }
  if (/(^|[/\\])\.git([/\\]|$)/.test(plain)) {
    return { code: 'clean-too-much', message: `"${glob}" would remove what belongs to git`, hint: 'remove it' };
  }
  // Made of wildcards only, or nothing at all: that is the project itself.
  const isAll = !glob.startsWith('!') && (/^[*?./\\]*$/.test(plain) || isInside(path.resolve(folder, plain), within));
  if (!isAll) return null;
  return {
    code: 'clean-too-much',
    message: `"${glob}" would remove the whole project`,
    hint: 'name the caches: dist, "**/*.tmp"',
  };
};
