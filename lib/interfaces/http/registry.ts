import { toOpenApi } from './openapi.ts';
import type { Route } from './route.ts';
import { aboutRoutes } from './routes/about.ts';
import { actionRoutes } from './routes/actions.ts';
import { eventRoutes } from './routes/events.ts';
import { historyRoutes } from './routes/history.ts';
import { logRoutes } from './routes/logs.ts';
import { machineRoutes } from './routes/machine.ts';
import { ownerRoutes } from './routes/owner.ts';
import { planRoutes } from './routes/plan.ts';
import { sessionRoutes } from './routes/session.ts';
import { stackRoutes } from './routes/stack.ts';

/** Every route of the API. A new one is an entry in a file of routes/, and its schema in schemas.ts. */
export const routes: readonly Route[] = [
  ...sessionRoutes,
  ...stackRoutes,
  ...actionRoutes,
  ...logRoutes,
  ...eventRoutes,
  ...historyRoutes,
  ...planRoutes,
  ...machineRoutes,
  ...ownerRoutes,
  ...aboutRoutes(() => toOpenApi(routes)),
];

export type Found =
  | { readonly kind: 'route'; readonly route: Route; readonly parameter: string }
  /** The path is one of ours, and this method is not. */
  | { readonly kind: 'method'; readonly allowed: readonly string[] }
  | { readonly kind: 'nothing' };

/** What is in the path is only compared, never joined to anything. */
export const findRoute = (method: string, path: string): Found => {
  const matches = routes.flatMap((route) => {
    const parameter = matchPath(route.path, path);
    return parameter === null ? [] : [{ route, parameter }];
  });
  const match = matches.find(({ route }) => route.method === (method === 'HEAD' ? 'GET' : method));
  if (match !== undefined) return { kind: 'route', ...match };
  if (matches.length === 0) return { kind: 'nothing' };
  return {
    kind: 'method',
    allowed: [...new Set(matches.flatMap(({ route }) => (route.method === 'GET' ? ['GET', 'HEAD'] : ['POST'])))],
  };
};

/** What stands for the part in braces, empty where there is none; null: another path. */
const matchPath = (pattern: string, path: string): string | null => {
  const [before = '', after = null] = pattern.split(/\{\w+\}/);
  if (after === null) return pattern === path ? '' : null;
  if (!path.startsWith(before) || !path.endsWith(after) || path.length <= before.length + after.length) return null;
  const middle = path.slice(before.length, path.length - after.length);
  return middle.includes('/') ? null : middle;
};
