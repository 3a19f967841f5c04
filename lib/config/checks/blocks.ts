import { builtInEnvironments } from '../../domain/environments.ts';
import { isRawMap } from '../../domain/raw.ts';
import { suggest } from '../../domain/resolve/fields.ts';
import type { StackFile } from '../stack-file.ts';

/** They are the business of the stack as a whole, which the including file decides. */
const wholeStack = ['max_parallel', 'boot_timeout', 'shutdown_deadline', 'hooks', 'notify'];

/** An environment that the file does not know, and fields of included files that have no effect. */
export const checkBlocks = (files: readonly StackFile[], environment: string): void => {
  const [main, ...included] = files;
  if (main !== undefined) checkEnvironment(main, environment);
  for (const { raw, collector } of included) {
    for (const key of wholeStack.filter((each) => Object.hasOwn(raw, each))) {
      const severity = key === 'hooks' || key === 'notify' ? 'warning' : 'hint';
      const message = `"${key}" of an included file is not used: that of the including file holds`;
      collector.report({ severity, code: 'include-unused', path: [key], atKey: true, message, hint: 'move it there' });
    }
  }
};

const checkEnvironment = ({ raw, override, collector }: StackFile, environment: string): void => {
  const blocks = raw['environments'];
  if (!isRawMap(blocks) || override !== null || Object.hasOwn(blocks, environment)) return;
  const builtIn: readonly string[] = builtInEnvironments;
  if (builtIn.includes(environment)) return;
  const names = Object.keys(blocks);
  collector.report({
    severity: 'warning',
    code: 'environment-unknown',
    path: ['environments'],
    atKey: true,
    message: `environment "${environment}" is not one of "environments"`,
    hint: suggest(environment, [...names, ...builtIn]) ?? (names.length === 0 ? 'add it' : `there are ${names.join(', ')}`),
  });
};
