import { builtInEnvironments } from '../../domain/environments.ts';
import { isRawMap, type RawValue } from '../../domain/raw.ts';
import { suggest } from '../../domain/resolve/fields.ts';
import type { StackFile } from '../stack-file.ts';

/** They are the business of the stack as a whole, which the including file decides. */
const wholeStack = ['max_parallel', 'boot_timeout', 'shutdown_deadline', 'hooks', 'notify'];

export type WantedEnvironment = {
  readonly environment: string;
  /** By whoever types the command, and not by a variable that may be there for other programs. */
  readonly isNamed: boolean;
};

/** An environment that the files do not know, and fields of included files that have no effect. */
export const checkBlocks = (files: readonly StackFile[], wanted: WantedEnvironment): void => {
  const [main, ...included] = files;
  const isKnown = files.some(({ raw, override }) => override !== null || hasBlock(raw['environments'], wanted.environment));
  if (main !== undefined && !isKnown) checkEnvironment(main, wanted);
  for (const { raw, collector } of included) {
    for (const key of wholeStack.filter((each) => Object.hasOwn(raw, each))) {
      const severity = key === 'hooks' || key === 'notify' ? 'warning' : 'hint';
      const message = `"${key}" of an included file is not used: that of the including file holds`;
      collector.report({ severity, code: 'include-unused', path: [key], atKey: true, message, hint: 'move it there' });
    }
  }
};

const hasBlock = (blocks: RawValue | undefined, environment: string): boolean =>
  isRawMap(blocks) && Object.hasOwn(blocks, environment);

const checkEnvironment = ({ raw, collector }: StackFile, { environment, isNamed }: WantedEnvironment): void => {
  const blocks = raw['environments'];
  if (!isRawMap(blocks)) return;
  const builtIn: readonly string[] = builtInEnvironments;
  if (builtIn.includes(environment)) return;
  const names = Object.keys(blocks);
  collector.report({
    severity: isNamed && names.length > 0 ? 'error' : 'warning',
    code: 'environment-unknown',
    path: ['environments'],
    atKey: true,
    message: `environment "${environment}" is not one of "environments"`,
    hint: suggest(environment, [...names, ...builtIn]) ?? (names.length === 0 ? 'add it' : `there are ${names.join(', ')}`),
  });
};
