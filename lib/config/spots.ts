import type { Path } from '../domain/issue.ts';

/** What is right below them is text whatever YAML makes of it: `VERSION: 1.10` is not 1.1, and in `[sleep, 010]` nothing is octal. */
const textKeys = new Set(
  (
    'env headers command exec test events depends_on profiles inputs env_file include clean files ' +
    'before_start after_ready before_stop after_stop before_up after_up before_down after_down'
  ).split(' '),
);

/** Fields of numbers or truth values, on their own or in a list or map of them: what a variable holds is read as one. */
const numberKeys = new Set(
  (
    'port ports port_range tcp status retries successes max factor keep never_on max_parallel max_size ' +
    'optional required restart policy split on_unhealthy disable notify replicas expose enabled'
  ).split(' '),
);

/** True where numbers and truth values are taken as they are written. */
export const isTextSpot = (path: Path): boolean => path.length > 1 && !isNamed(path) && textKeys.has(String(path.at(-2)));

/** True where text that a variable gave is read as the number or truth value that it spells. */
export const isNumberSpot = (path: Path): boolean =>
  numberKeys.has(String(path.at(-1))) || (path.length > 1 && !isNamed(path) && numberKeys.has(String(path.at(-2))));

/** The step before the last is a name of the user's own choice, which may happen to be that of a field. */
const isNamed = (path: Path): boolean =>
  (path.length === 3 && path[0] === 'services') ||
  (path[0] === 'environments' && (path.length === 3 || (path.length === 5 && path[2] === 'services'))) ||
  path.at(-3) === 'depends_on';
