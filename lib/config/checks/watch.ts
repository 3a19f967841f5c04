import path from 'node:path';
import { isRawList, isRawMap } from '../../domain/raw.ts';
import { climbsOut, isInside } from '../paths.ts';
import type { CheckContext, Checked } from './context.ts';

/** What is watched is inside the project; and there is something that is. */
export const checkWatch = (context: CheckContext): void => {
  for (const checked of context.activeServices) {
    const { watch } = checked.draft;
    if (watch === null) continue;
    watch.globs.forEach((glob, index) => checkGlob(context, checked, glob, index));
    if (watch.globs.some((glob) => !glob.startsWith('!'))) continue;
    context.report({
      severity: 'error',
      code: 'invalid-value',
      path: pathOf(checked, 0),
      message: '"watch" only leaves files out',
      hint: 'name what is watched, too: "src/**"',
    });
  }
};

const checkGlob = (context: CheckContext, checked: Checked, glob: string, index: number): void => {
  const { name, watch } = checked.draft;
  const plain = glob.replace(/^!/, '');
  const roots = [context.root, context.layers.services.get(name)?.home.source.root ?? context.root];
  const absolute = path.resolve(watch?.folder ?? context.root, plain);
  if (!climbsOut(plain) && !path.isAbsolute(plain) && roots.some((root) => isInside(root, absolute))) return;
  context.report({
    severity: 'error',
    code: 'path-outside',
    path: pathOf(checked, index),
    message: `watch "${glob}" leaves the project directory`,
    hint: 'use a path inside the project',
  });
};

/** Where the glob is written: alone, in a list, or in a map. */
const pathOf = ({ draft, raw }: Checked, index: number): readonly (string | number)[] => {
  const watch = raw['watch'];
  const files = isRawMap(watch) ? watch['files'] : watch;
  const steps = isRawMap(watch) ? ['watch', 'files'] : ['watch'];
  return ['services', draft.name, ...steps, ...(isRawList(files) ? [index] : [])];
};
