import path from 'node:path';
import type { Path } from '../../domain/issue.ts';
import { isRawMap } from '../../domain/raw.ts';
import { remember } from '../../util/remember.ts';
import { createGuard, isInside } from '../paths.ts';
import { statIfVisible } from '../stat.ts';
import { activeServices, type CheckContext, type Checked } from './context.ts';

/** Log files, working folders and globs: inside the project where they must be, there where they must be, one log each. */
export const checkFiles = (context: CheckContext): void => {
  const logs = new Map<string, string>();
  const leaves = context.checkSystem ? createGuard(context.root) : (file: string): boolean => !isInside(context.root, file);
  // Many services share a folder, and every question costs a system call.
  const isFolder = remember((file) => statIfVisible(file)?.isDirectory() ?? null);
  for (const checked of activeServices(context)) {
    checkLog(context, checked, { logs, leaves });
    checkCwd(context, checked, { leaves, isFolder });
    checkInputs(context, checked);
  }
};

type LogLookups = { readonly logs: Map<string, string>; readonly leaves: (file: string) => boolean };

const checkLog = (context: CheckContext, { draft, raw }: Checked, { logs, leaves }: LogLookups): void => {
  const { name, log } = draft;
  const at: Path = ['services', name, 'log', 'file'];
  const written = (): string => {
    const own = isRawMap(raw['log']) ? raw['log']['file'] : undefined;
    return typeof own === 'string' ? own : path.relative(context.root, log.file);
  };
  if (leaves(log.file)) {
    context.report({
      severity: 'error',
      code: 'path-outside',
      path: at,
      message: 'log file leaves the project directory',
      hint: 'use a path inside the project',
    });
  }
  if (context.ownFiles.has(log.file)) {
    context.report({
      severity: 'error',
      code: 'path-outside',
      path: at,
      message: `log file "${written()}" is a file of muster's own`,
      hint: 'pick another name',
    });
  }
  for (const file of log.split ? [log.file, log.file.replace(/(?:\.log)?$/, '.err.log')] : [log.file]) {
    const other = logs.get(file);
    if (other !== undefined) {
      context.report({
        severity: 'error',
        code: 'log-duplicate',
        path: at,
        message: `log file "${written()}" is already used by "${other}"`,
        hint: 'pick another name',
      });
    }
    logs.set(file, name);
  }
};

type Lookups = { readonly leaves: (file: string) => boolean; readonly isFolder: (file: string) => boolean | null };

const checkCwd = ({ report, checkSystem }: CheckContext, { draft, raw }: Checked, { leaves, isFolder }: Lookups): void => {
  if (!checkSystem || typeof raw['cwd'] !== 'string') return;
  const at = { path: ['services', draft.name, 'cwd'] };
  const found = isFolder(draft.cwd);
  if (found !== true) {
    const message = `cwd "${raw['cwd']}" ${found === null ? 'does not exist' : 'is not a folder'}`;
    report({
      ...at,
      severity: draft.optional ? 'warning' : 'error',
      code: 'path-missing',
      message,
      hint: 'create it or fix the path',
    });
  } else if (leaves(draft.cwd)) {
    report({
      ...at,
      severity: 'warning',
      code: 'path-outside',
      message: 'cwd leaves the project directory',
      hint: 'make sure that it is meant',
    });
  }
};

const checkInputs = ({ root, report }: CheckContext, { draft }: Checked): void => {
  draft.inputs?.forEach((glob, index) => {
    const plain = glob.replace(/^!/, '');
    if (isInside(root, path.resolve(draft.cwd, plain))) return;
    const message = `input "${glob}" leaves the project directory`;
    report({
      severity: 'error',
      code: 'path-outside',
      path: ['services', draft.name, 'inputs', index],
      message,
      hint: 'use a path inside the project',
    });
  });
};
