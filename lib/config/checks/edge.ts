import type { Issue, Path } from '../../domain/issue.ts';
import type { WantedDependency } from '../../domain/resolve/dependencies.ts';

/** The key of a map edge, the value of any other. */
export const isKey = (path: Path): boolean => path.length > 3 && typeof path.at(-1) === 'string';

/** Where an edge is written. */
export const atEdge = ({ path }: WantedDependency): Pick<Issue, 'severity' | 'path' | 'atKey'> => ({
  severity: 'error',
  path,
  atKey: isKey(path),
});
