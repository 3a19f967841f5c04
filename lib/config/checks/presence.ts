import path from 'node:path';
import { suggest } from '../../domain/resolve/fields.ts';
import { statIfVisible } from '../stat.ts';
import type { CheckContext, Checked } from './context.ts';

/** Services that nothing could be started of, and what a cluster would look for. */
export const checkPresence = (context: CheckContext): void => {
  for (const checked of context.services.values()) checkCommand(context, checked);
  if (!context.checkSystem) return;
  for (const { draft } of context.activeServices) checkBuild(context, draft);
};

const checkCommand = (context: CheckContext, { draft: { name }, raw }: Checked): void => {
  const { report, layers, names, active, needsCommand } = context;
  if (Object.hasOwn(raw, 'command')) return;
  const at = { severity: 'error', path: ['services', name], atKey: true } as const;
  const onCluster = ['image', 'build'].find((key) => Object.hasOwn(raw, key));
  if (onCluster !== undefined) {
    // Where it does not take part, it may well be for a cluster only.
    if (!needsCommand || !active.has(name)) return;
    const message = `service "${name}" has "${onCluster}" but no "command", and this machine runs commands`;
    report({ ...at, code: 'cluster-only', message, hint: 'add "command:", or give it a profile of its own' });
    return;
  }
  const isOnlyHere = layers.services.get(name)?.definition.path[0] === 'environments';
  const others = [...names].filter((other) => other !== name);
  const meant = isOnlyHere ? suggest(name, others) : null;
  report({ ...at, code: 'missing-key', message: `service "${name}" has no "command"`, hint: meant ?? 'add "command:"' });
};

const checkBuild = ({ report, root }: CheckContext, { name, cluster: { build } }: Checked['draft']): void => {
  if (build === null || statIfVisible(build.context)?.isDirectory() === true) return;
  report({
    severity: 'warning',
    code: 'path-missing',
    path: ['services', name, 'build'],
    message: `build folder "${path.relative(root, build.context) || '.'}" does not exist`,
    hint: 'create it or fix the path; it is used on a cluster only',
  });
};
