import type { Path } from '../../domain/issue.ts';
import { isRawList, isRawMap, type RawValue } from '../../domain/raw.ts';
import { looksSecret } from '../../util/secrets.ts';
import type { CheckContext } from './context.ts';

/** Values that are right today and break tomorrow: another service's address as a number, a command that never runs. */
export const checkLiterals = (context: CheckContext): void => {
  const owners = new Map<number, string>();
  for (const { draft } of context.activeServices) {
    for (const { wanted } of draft.ports) if (wanted !== null && !owners.has(wanted)) owners.set(wanted, draft.name);
  }
  for (const { draft, raw } of context.activeServices) {
    // One path that grows and shrinks with the walk: a stack holds thousands of values, and hardly any is reported.
    const path: Step[] = ['services', draft.name];
    const visitAddress = (text: string): void => checkAddress({ context, owners, text, path, name: draft.name });
    for (const key of addressKeys) if (Object.hasOwn(raw, key)) walk(raw[key], key, path, visitAddress);
    if (Object.hasOwn(raw, 'env')) walk(raw['env'], 'env', path, (text) => checkSubstitution(context, text, path));
  }
};

const addressKeys = ['command', 'env', 'health', 'ready', 'health_url'];

type Step = Path[number];

/** Visits every text in the value that `step` leads to; meanwhile `path` is that of the text. */
const walk = (value: RawValue, step: Step, path: Step[], visit: (text: string) => void): void => {
  path.push(step);
  if (typeof value === 'string') visit(value);
  else if (isRawList(value)) value.forEach((item, index) => walk(item, index, path, visit));
  else if (isRawMap(value)) for (const key of Object.keys(value)) walk(value[key], key, path, visit);
  path.pop();
};

type Literal = {
  readonly context: CheckContext;
  readonly owners: ReadonlyMap<number, string>;
  readonly text: string;
  readonly path: Path;
  readonly name: string;
};

const checkAddress = ({ context, owners, text, path, name }: Literal): void => {
  if (!/localhost|127\.0\.0\.1|::1/.test(text)) return;
  const [found, port] = /(?<![\w.-])(?:localhost|127\.0\.0\.1|\[::1\]):(\d{2,5})(?!\d)/.exec(text) ?? [];
  const owner = owners.get(Number(port));
  if (found === undefined || owner === undefined || owner === name) return;
  const isOwn = [...context.services.values()].some(
    ({ draft }) => draft.name === name && draft.ports.some(({ wanted }) => wanted === Number(port)),
  );
  if (isOwn) return;
  const message = `"${found}" is the address of "${owner}"`;
  const hint = `write \${${owner}.host}:\${${owner}.port}, which stays right when its port changes`;
  context.report({ severity: 'hint', code: 'localhost-literal', path: [...path], within: found, message, hint });
};

const checkSubstitution = (context: CheckContext, text: string, path: Path): void => {
  const found = /\$\([^)]*\)|`[^`]+`/.exec(text)?.[0];
  if (found === undefined) return;
  const message = `"${looksSecret(String(path.at(-1))) ? '***' : found}" is kept as text`;
  const hint = 'env values never run commands; set it in the command, or in an env file';
  context.report({ severity: 'warning', code: 'command-suspicious', path: [...path], within: found, message, hint });
};
