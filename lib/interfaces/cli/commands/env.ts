import { toAddedVariables } from '../../../supervisor/addresses.ts';
import { toSafeText } from '../../../util/terminal-text.ts';
import type { CommandContext } from '../context.ts';
import { findServiceEnvironment, type ServiceEnvironment } from '../exec/service-environment.ts';
import { renderTable } from '../render/table.ts';
import { createTheme } from '../render/theme.ts';

type Source = 'muster' | 'stack' | 'caller';
type Row = { readonly name: string; readonly source: Source; readonly value: string };

/**
 * Names, where each comes from, and whether it holds anything. Values are secrets until somebody sits there and asks for
 * them: neither a pipe nor a file nor `--json` ever gets one.
 */
export const run = async (context: CommandContext): Promise<number> => {
  const { args, stdout, stderr } = context;
  const [name = ''] = args.positionals;
  const isShown = args.flag('show');
  if (isShown && (!stdout.isTTY || args.flag('json'))) {
    stderr.line('muster env: --show prints values only to a terminal, never to a pipe, a file or as JSON');
    return 2;
  }
  const found = await findServiceEnvironment(context, name);
  if (found === null) return 2;
  const rows = toRows(found);
  const shown = args.flag('all') ? rows : rows.filter(({ source }) => source !== 'caller');
  if (args.flag('json')) {
    stdout.line(JSON.stringify({ service: name, addresses: found.addresses, variables: shown.map(toData) }, null, 2));
    return 0;
  }
  const theme = createTheme(stdout);
  const columns = [{ title: 'NAME' }, { title: 'SOURCE' }, { title: isShown ? 'VALUE' : 'IS' }];
  const cells = shown.map(({ name: variable, source, value }) => [
    safe(variable),
    source,
    isShown ? safe(value) : value === '' ? 'empty' : 'set',
  ]);
  if (shown.length > 0) stdout.lines(renderTable(columns, cells, theme));
  const hidden = rows.length - shown.length;
  if (hidden > 0) stdout.line(theme.paint('dim', `and ${hidden} that muster itself was called with (--all lists them)`));
  return 0;
};

const toRows = ({ env, service, ports, environment }: ServiceEnvironment): readonly Row[] => {
  const added = new Set(Object.keys(toAddedVariables(service, ports)));
  if (env['NODE_ENV'] === environment) added.add('NODE_ENV');
  const sourceOf = (name: string): Source => {
    if (name !== 'NODE_ENV' && Object.hasOwn(service.env, name)) return 'stack';
    if (added.has(name)) return 'muster';
    return Object.hasOwn(service.env, name) ? 'stack' : 'caller';
  };
  return Object.entries(env)
    .map(([name, value]) => ({ name, source: sourceOf(name), value }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
};

const toData = ({ name, source, value }: Row): Readonly<Record<string, unknown>> => ({ name, source, set: value !== '' });

const safe = (text: string): string => toSafeText(text, { colours: false });
