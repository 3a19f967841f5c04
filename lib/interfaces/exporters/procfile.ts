import type { Service } from '../../domain/service.ts';
import { withNumbers } from './auto-ports.ts';
import { createLossList, type Exporter, type LossList } from './exporter.ts';
import { toPortVariables } from './ports.ts';
import { quoteWord } from './shell.ts';
import { createTextWriter, toLocalAddress, toWords } from './text.ts';
import { isSecretOf, toEnvExample } from './variables.ts';

/** A line a service, for foreman and its like. They start everything at once and wait for nothing. */
export const procfileExporter: Exporter = {
  format: 'procfile',
  summary: 'a Procfile, for foreman, overmind and their like',
  // It stands between single quotes, in which a shell fills nothing in.
  toReference: (name) => `'"$${name}"'`,
  toFiles: (asked) => {
    const losses = createLossList();
    const input = { ...asked, stack: withNumbers(asked.stack, losses) };
    const { stack } = input;
    const write = createTextWriter(toLocalAddress(stack.services));
    const names = new Map<string, string>();
    const lines = [...stack.services.values()].map((service) => {
      const isSecret = isSecretOf(input, service.name);
      const own = { ...toPortVariables(service), ...service.env };
      const variables = Object.entries(own)
        .filter(([name]) => !isSecret(name))
        .map(([name, text]) => `${name}=${quoteWord(write(text))}`);
      const words =
        service.command.kind === 'shell'
          ? ['/bin/sh', '-c', quoteWord(write(service.command.line))]
          : toWords(service.command, write).map(quoteWord);
      const line = [...(variables.length === 0 ? [] : ['env', ...variables]), ...words].join(' ');
      const moved = service.cwd === stack.root ? line : `cd ${quoteWord(relativeTo(stack.root, service.cwd))} && exec ${line}`;
      tellLosses(service, losses, moved);
      return `${toName(service.name, names, losses)}: ${moved.replaceAll('\n', ' ')}`;
    });
    const example = toEnvExample(input);
    return {
      files: [
        { path: 'Procfile', text: `${lines.join('\n')}\n` },
        ...(example === null ? [] : [{ path: '.env.example', text: example, isBeside: true } as const]),
      ],
      losses: losses.all(),
    };
  },
};

const relativeTo = (root: string, folder: string): string =>
  folder.startsWith(`${root}/`) ? folder.slice(root.length + 1) : folder;

/** A Procfile knows letters, digits, `_` and `-` in a name. */
const toName = (name: string, taken: Map<string, string>, { lose }: LossList): string => {
  let written = name.replaceAll(/[^A-Za-z0-9_-]/g, '_');
  while (taken.has(written)) written += '_';
  taken.set(written, name);
  if (written !== name) lose(name, `is called "${written}" there`);
  return written;
};

const tellLosses = (
  { name, dependsOn, type, health, ready, restart, hooks, optional }: Service,
  { lose }: LossList,
  line: string,
): void => {
  if (dependsOn.length > 0)
    lose(name, `its dependencies (${dependsOn.map(({ on }) => on).join(', ')}): everything starts at once`);
  if (type === 'task') lose(name, 'that it is a task: its end may end everything');
  if (ready !== null || health !== null) lose(name, 'its probes');
  if (Object.keys(hooks).length > 0) lose(name, 'its hooks');
  if (restart.policy !== 'no') lose(name, 'its restarts');
  if (optional) lose(name, 'that it is optional');
  if (line.includes('\n')) lose(name, 'a line break in its command or its variables: it is a blank there');
};
