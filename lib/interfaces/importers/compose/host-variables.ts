import { type MapTree, scalarText, type Tree } from '../tree.ts';
import type { ComposeContext } from './context.ts';
import { toldMoved } from './known-ports.ts';

/** Variables whose value as a whole is a host, or several. */
const hostWord = /(?:HOST(?:_?NAME)?|(?<![A-Z])(?:SERVER|ADDR|ADDRESS))(?:E?S)?$/i;

export const saysHost = (variable: string): boolean => hostWord.test(variable);

/** Whether the word behind it in a list is a host: `[redis-cli, -h, cache]`. */
export const isHostFlag = (word: Tree | undefined): boolean =>
  word !== undefined && /^(?:--?[\w-]*(?:host(?:name)?|server)|-h)$/i.test(scalarText(word) ?? '');

/** The variables of a service that say the port of another one, by their names: `DB_PORT` beside `DB_HOST`. */
export type PortVariables = ReadonlyMap<string, string>;

/**
 * Finds them by what their neighbours say. A host without such a neighbour is told, where whoever reads it would ask a port that the
 * service does not have here.
 */
export const findPortVariables = (environment: MapTree, { names, known, ledger }: ComposeContext): PortVariables => {
  const keys = new Set(environment.entries.map(({ key }) => key));
  const found = new Map<string, string>();
  for (const entry of environment.entries) {
    if (!saysHost(entry.key)) continue;
    const [, inDefault, plain] = /^(?:\$\{\w+:?-([^${}]+)\}|([^${}]+))$/.exec(scalarText(entry.value)?.trim() ?? '') ?? [];
    const services = (inDefault ?? plain ?? '').split(/[\s,;]+/).filter((name) => names.has(name));
    const beside = neighbours(entry.key).filter((key) => keys.has(key));
    const [service] = services;
    if (services.length === 1 && service !== undefined) for (const key of beside) found.set(key, service);
    for (const each of services) {
      const moved = known.moved(each);
      const isTold = services.length === 1 && beside.length > 0;
      if (moved !== null && !isTold) ledger.note(entry, toldMoved(each, names.get(each) ?? each, moved));
    }
  }
  return found;
};

const neighbours = (host: string): readonly string[] => {
  const port = host === host.toUpperCase() ? 'PORT' : 'port';
  return [host.replace(hostWord, port), host.replace(hostWord, `_${port}`), `${host}_${port}`];
};

/** What such a variable says here; null: as it is, and whatever is wrong with that has been told. */
export const toPortVariable = (
  text: string,
  service: string,
  { known, names, tell }: Pick<ComposeContext, 'known' | 'names'> & { readonly tell: (why: string) => void },
): string | null => {
  const [, head = '', digits, tail = ''] = /^(\$\{\w+:?-)?(\d{1,5})(\})?$/.exec(text.trim()) ?? [];
  const here = digits === undefined ? null : known.find(service, Number(digits));
  if (here !== null) return `${head}${here}${tail}`;
  const moved = known.moved(service);
  const why = digits === undefined ? null : known.worryOf(service, Number(digits));
  if (why !== null) tell(why);
  else if (moved !== null) tell(toldMoved(service, names.get(service) ?? service, moved));
  return null;
};
