import type { WantedDependency } from '../../domain/resolve/dependencies.ts';
import { suggest } from '../../domain/resolve/fields.ts';
import type { ServiceDraft } from '../../domain/resolve.ts';
import { mostFindings } from '../finding.ts';
import type { CheckContext, Checked } from './context.ts';
import { checkCycles } from './cycles.ts';
import { atEdge } from './edge.ts';

/** Each takes a look at every name. */
const mostSuggestions = mostFindings;

/** Edges that lead nowhere, to themselves, to what is not started, wait for what cannot happen, or go round in circles. */
export const checkDependencies = (context: CheckContext): void => {
  let left = mostSuggestions;
  for (const { draft } of context.services.values()) {
    for (const edge of draft.wanted) {
      const isUnknown = edge.on !== draft.name && (!context.names.has(edge.on) || context.ownerOf(edge.on) !== edge.on);
      if (isUnknown && context.layers.isPartial) continue;
      if (!isUnknown) checkTarget(context, draft, edge);
      else if ((left -= 1) >= 0) reportUnknown(context, draft, edge);
    }
    checkTwice(context, draft);
  }
  for (const { draft } of context.activeServices) for (const edge of draft.wanted) checkCondition(context, draft, edge);
  checkCycles(context);
};

const checkTarget = ({ services, active, report }: CheckContext, { name }: ServiceDraft, edge: WantedDependency): void => {
  const { on } = edge;
  if (on === name) {
    report({ ...atEdge(edge), code: 'self-dependency', message: `service "${name}" depends on itself`, hint: 'remove it' });
  } else if (active.has(name) && !active.has(on) && edge.required && services.get(on)?.draft.optional === false) {
    const [profile = ''] = services.get(on)?.draft.profiles ?? [];
    const message = `service "${name}" depends on "${on}", which is only started with profile "${profile}"`;
    report({
      ...atEdge(edge),
      code: 'inactive-dependency',
      message,
      hint: `add --profile ${profile}, or give "${name}" the same profile`,
    });
  }
};

const reportUnknown = ({ names, ownerOf, report }: CheckContext, { name }: ServiceDraft, edge: WantedDependency): void => {
  const owner = ownerOf(edge.on);
  if (owner !== edge.on) {
    const message = `"${edge.on}" is one replica of "${owner}", and dependents wait for all of them`;
    report({ ...atEdge(edge), code: 'unknown-dependency', message, hint: `name "${owner}"` });
    return;
  }
  const others = [...names].filter((other) => other !== name);
  const message = `service "${name}" depends on "${edge.on}", which does not exist`;
  report({ ...atEdge(edge), code: 'unknown-dependency', message, hint: suggest(edge.on, others) ?? 'remove it' });
};

const checkTwice = ({ report }: CheckContext, { wanted }: ServiceDraft): void => {
  if (wanted.length < 2) return;
  const seen = new Set<string>();
  for (const edge of wanted) {
    if (seen.has(edge.on)) {
      const message = `"${edge.on}" is listed twice in depends_on`;
      report({ ...atEdge(edge), severity: 'warning', code: 'duplicate-dependency', message, hint: 'remove one' });
    }
    seen.add(edge.on);
  }
};

const checkCondition = ({ services, report }: CheckContext, { name }: ServiceDraft, edge: WantedDependency): void => {
  const target: Checked | undefined = services.get(edge.on);
  if (target === undefined || edge.on === name) return;
  const problem = edge.condition === null ? null : findImpossible({ name, edge, target });
  if (problem === null) return;
  report({ severity: 'error', code: 'condition-impossible', path: [...edge.path, 'condition'], ...problem });
};

type Wait = { readonly name: string; readonly edge: WantedDependency; readonly target: Checked };

const findImpossible = ({
  name,
  edge: { on, condition },
  target: { draft, raw },
}: Wait): { message: string; hint: string } | null => {
  const { type, restart, ready, health } = draft;
  if (condition === 'healthy') {
    if (type === 'task')
      return { message: `"${name}" waits for "${on}" to be healthy, but "${on}" is a task`, hint: 'use "completed"' };
    // A probe that is written, but wrong, has been reported.
    const isWritten = ['health', 'healthcheck', 'health_url', 'ready', 'port', 'ports'].some(
      (key) => Object.hasOwn(raw, key) && raw[key] === undefined,
    );
    if (ready !== null || health !== null || isWritten || hasBrokenProbe(raw)) return null;
    return {
      message: `"${name}" waits for "${on}" to be healthy, but "${on}" has no probe`,
      hint: `add "health" or "port" to "${on}", or use "started"`,
    };
  }
  if (condition !== 'completed') return null;
  if (restart.policy === 'always') {
    return { message: `"${name}" waits for "${on}" to finish, but "${on}" restarts always`, hint: `set restart: "no" on ${on}` };
  }
  if (type === 'service' && restart.policy !== 'no') {
    return {
      message: `"${name}" waits for "${on}" to finish, but "${on}" is a service that runs on`,
      hint: `set "type: task" on "${on}"`,
    };
  }
  return null;
};

const hasBrokenProbe = (raw: Checked['raw']): boolean =>
  ['health', 'ready'].some((key) => typeof raw[key] === 'object' && raw[key] !== null);
