import path from 'node:path';
import type { Issue } from '../../domain/issue.ts';
import { errorLogOf } from '../../domain/log-files.ts';
import { isRawMap } from '../../domain/raw.ts';
import { remember } from '../../util/remember.ts';
import { createGuard, isInside, type Obstacle, type Way } from '../paths.ts';
import { statIfVisible } from '../stat.ts';
import type { CheckContext, Checked } from './context.ts';

/** Log files, working folders and globs: inside the project where they must be, there where they must be, one log each. */
export const checkFiles = (context: CheckContext): void => {
  const logs = new Map<string, string>();
  const look = context.checkSystem ? createGuard(context.root) : (file: string): Way => asWritten(context.root, file);
  const told = new Set<string>();
  // Many services share a folder, and every question costs a system call.
  const isFolder = remember((file: string) => statIfVisible(file)?.isDirectory() ?? null);
  for (const checked of context.activeServices) {
    checkLog(context, checked, { logs, look, told });
    checkCwd(context, checked, { look, isFolder });
    checkInputs(context, checked);
  }
};

const asWritten = (root: string, file: string): Way => ({ leaves: !isInside(root, file), obstacle: null, isFolder: false });

type Look = (file: string) => Way;
type LogLookups = {
  readonly logs: Map<string, string>;
  readonly look: Look;
  /** What stands in the way of logs and has been reported: most services have theirs in one folder. */
  readonly told: Set<string>;
};

const checkLog = (context: CheckContext, { draft, raw }: Checked, { logs, look, told }: LogLookups): void => {
  const { name, log } = draft;
  const { leaves, obstacle, isFolder } = look(log.file);
  const blocked = isFolder ? { at: log.file, problem: 'is a folder' } : obstacle;
  if (leaves) reportLog(context, name, outside);
  else if (blocked !== null && !told.has(blocked.at)) {
    told.add(blocked.at);
    const message = `log file "${toWritten(context, { draft, raw })}" cannot be written: ${describe(context.root, blocked)}`;
    reportLog(context, name, { code: 'path-missing', message, hint: 'clear the way, or name another file' });
  }
  if (context.ownFiles.has(log.file)) {
    const message = `log file "${toWritten(context, { draft, raw })}" is a file of muster's own`;
    reportLog(context, name, { code: 'path-outside', message, hint: 'pick another name' });
  }
  const instances = context.instances.get(name) ?? [];
  for (const { log: own } of instances) {
    claimLog(context, { draft, raw }, logs, own.file);
    if (log.split) claimLog(context, { draft, raw }, logs, errorLogOf(own.file));
  }
};

const outside: Pick<Issue, 'code' | 'message' | 'hint'> = {
  code: 'path-outside',
  message: 'log file leaves the project directory',
  hint: 'use a path inside the project',
};

const reportLog = ({ report }: CheckContext, name: string, words: Pick<Issue, 'code' | 'message' | 'hint'>): void =>
  report({ severity: 'error', path: ['services', name, 'log', 'file'], ...words });

const toWritten = ({ root }: CheckContext, { draft, raw }: Checked): string => {
  const own = isRawMap(raw['log']) ? raw['log']['file'] : undefined;
  return typeof own === 'string' ? own : path.relative(root, draft.log.file);
};

const claimLog = (context: CheckContext, checked: Checked, logs: Map<string, string>, file: string): void => {
  const { name } = checked.draft;
  const other = logs.get(file);
  logs.set(file, name);
  if (other === undefined) return;
  // One that has the name of a replica has its log, too; that is told once.
  if ((context.instances.get(other) ?? []).some((instance) => instance.name === name)) return;
  const message = `log file "${toWritten(context, checked)}" is already used by "${other}"`;
  reportLog(context, name, { code: 'log-duplicate', message, hint: 'pick another name' });
};

/** `"logs" is not a folder`. */
const describe = (root: string, { at, problem }: Obstacle): string => `"${path.relative(root, at) || '.'}" ${problem}`;

type Lookups = { readonly look: Look; readonly isFolder: (file: string) => boolean | null };

const checkCwd = (
  { root, report, checkSystem, layers }: CheckContext,
  { draft, raw }: Checked,
  { look, isFolder }: Lookups,
): void => {
  if (!checkSystem || typeof raw['cwd'] !== 'string') return;
  const at = { path: ['services', draft.name, 'cwd'] };
  const found = isFolder(draft.cwd);
  if (found !== true) {
    const { obstacle } = look(draft.cwd);
    const blocked = obstacle === null ? 'does not exist' : `cannot be used: ${describe(root, obstacle)}`;
    const message = `cwd "${raw['cwd']}" ${found === null ? blocked : 'is not a folder'}`;
    report({
      ...at,
      severity: draft.optional ? 'warning' : 'error',
      code: 'path-missing',
      message,
      hint: 'create it or fix the path',
    });
  } else if (look(draft.cwd).leaves && !isInside(homeOf(layers, draft.name), draft.cwd)) {
    report({
      ...at,
      severity: 'warning',
      code: 'path-outside',
      message: 'cwd leaves the project directory',
      hint: 'make sure that it is meant',
    });
  }
};

/** An included project of the same repository may stand beside this one. */
const homeOf = ({ services }: CheckContext['layers'], name: string): string => services.get(name)?.home.source.root ?? '/';

const checkInputs = ({ root, report, layers }: CheckContext, { draft }: Checked): void => {
  draft.inputs?.forEach((glob, index) => {
    const plain = glob.replace(/^!/, '');
    const absolute = path.resolve(draft.cwd, plain);
    if (isInside(root, absolute) || isInside(homeOf(layers, draft.name), absolute)) return;
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
