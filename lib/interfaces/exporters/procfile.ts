import path from 'node:path';
import { defaultStop } from '../../domain/defaults.ts';
import { portVariablesOf } from '../../domain/port-variables.ts';
import type { Service } from '../../domain/service.ts';
import { withNumbers } from './auto-ports.ts';
import { createLossList, type Exporter, type ExportInput, type LossList } from './exporter.ts';
import { quoteWord } from './shell.ts';
import { tellClusterLosses, tellFieldLosses, tellLogLoss, tellStackLosses } from './stack-losses.ts';
import { createTextWriter, type TextWriter, toLocalAddress, toWords } from './text.ts';
import { isSecretOf, toEnvExample, toReferenceName } from './variables.ts';

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
    tellStackLosses(stack, losses);
    const write = createTextWriter(toLocalAddress(stack.services));
    const names = new Map<string, string>();
    const lines = [...stack.services.values()].map((service) => {
      const line = toLine(service, input, write);
      tellLosses(service, losses);
      tellLogLoss(service, stack.root, losses);
      if (line.includes('\n')) losses.lose(service.name, 'a line break in its command or its variables: it is a blank there');
      return `${toName(service.name, names, losses)}: ${line.replaceAll('\n', ' ')}`;
    });
    const text = `${lines.join('\n')}\n`;
    const example = toEnvExample(text, input);
    return {
      files: [
        { path: 'Procfile', text },
        ...(example === null ? [] : [{ path: '.env.example', text: example, isBeside: true } as const]),
      ],
      losses: losses.all(),
    };
  },
};

/** Run in the folder of the Procfile, by a shell. */
const toLine = (service: Service, input: ExportInput, write: TextWriter): string => {
  const { command, cwd } = service;
  const variables = toVariables(service, input, write);
  const words =
    command.kind === 'shell' ? ['/bin/sh', '-c', quoteWord(write(command.line))] : toWords(command, write).map(quoteWord);
  const line = [...(variables.length === 0 ? [] : ['env', ...variables]), ...words].join(' ');
  const folder = input.folder ?? input.stack.root;
  return cwd === folder ? line : `cd ${quoteWord(toPath(cwd, folder, input.stack.root))} && exec ${line}`;
};

/** Secrets come from `.env`, which may call them otherwise. */
const toVariables = (service: Service, input: ExportInput, write: TextWriter): readonly string[] => {
  const isSecret = isSecretOf(input, service.name);
  return Object.entries({ ...portVariablesOf(service), ...service.env }).flatMap(([name, text]) => {
    if (!isSecret(name)) return [`${quoteWord(name)}=${quoteWord(write(text))}`];
    const reference = toReferenceName(name);
    return reference === name ? [] : [`${quoteWord(name)}="$${reference}"`];
  });
};

/** Within the project it holds wherever the project lies. */
const toPath = (cwd: string, folder: string, root: string): string => {
  const isInside = (each: string): boolean => each === root || each.startsWith(`${root}/`);
  return isInside(cwd) && isInside(folder) ? path.relative(folder, cwd) : cwd;
};

/** A Procfile knows letters, digits, `_` and `-` in a name. */
const toName = (name: string, taken: Map<string, string>, { lose }: LossList): string => {
  let written = name.replaceAll(/[^A-Za-z0-9_-]/g, '_');
  while (taken.has(written)) written += '_';
  taken.set(written, name);
  if (written !== name) lose(name, `is called "${written}" there`);
  return written;
};

const tellLosses = (service: Service, losses: LossList): void => {
  const { name, dependsOn, type, health, ready, restart, hooks, optional, stop } = service;
  const { lose } = losses;
  if (dependsOn.length > 0)
    lose(name, `its dependencies (${dependsOn.map(({ on }) => on).join(', ')}): everything starts at once`);
  if (type === 'task') lose(name, 'that it is a task: its end may end everything');
  if (ready !== null || health !== null) lose(name, 'its probes');
  if (Object.keys(hooks).length > 0) lose(name, 'its hooks');
  if (restart.policy !== 'no') lose(name, 'its restarts');
  if (optional) lose(name, 'that it is optional');
  if (stop.signal !== defaultStop.signal || stop.timeout !== defaultStop.timeout)
    lose(name, 'its stop signal, and how long it may take');
  const fields = ['label', 'waitBeforeStart', 'startupDelay', 'healthTimeout', 'portConflict', 'profiles'] as const;
  tellFieldLosses(service, [...fields, 'watch', 'inputs', 'clean', 'stopCommand'], losses);
  tellClusterLosses(service, [], losses);
};
