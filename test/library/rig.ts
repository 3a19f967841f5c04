import { dirname, join } from 'node:path';
import { createStack, type Result, type Stack, type StackEvent, type StackOptions } from '../../lib/index.ts';
import { afterEveryTest } from '../support/after-each.ts';
import { createProject, type Project } from '../support/cli.ts';
import { programPath } from '../support/procs.ts';

export const node = process.execPath;

/** A program of test/programs as a command. */
export const program = (name: string): readonly string[] => [node, programPath(name)];

export const variablesOf = ({ folder }: Project): Readonly<Record<string, string>> => ({
  PATH: process.env['PATH'] ?? '/usr/bin:/bin',
  HOME: folder,
  XDG_RUNTIME_DIR: join(dirname(folder), 'run'),
});

const open = new Set<Stack>();

/** A stack in a folder of its own, which is closed at the end of the test, however that ends. */
export const aStackIn = (project: Project, options: StackOptions = {}): Stack<never> => {
  const stack = createStack({ name: 'shop', cwd: project.folder, variables: variablesOf(project), ...options });
  open.add(stack);
  return stack;
};

export const aStack = (options: StackOptions = {}): Stack<never> => aStackIn(createProject(), options);

export const closeLater = <Opened extends Stack>(stack: Opened): Opened => {
  open.add(stack);
  return stack;
};

afterEveryTest(async () => {
  for (const stack of open) await stack.close();
  open.clear();
});

/** Everything that it tells from now on, until it is closed. */
export const record = (stack: Pick<Stack, 'on'>): StackEvent[] => {
  const told: StackEvent[] = [];
  stack.on('*', (event) => told.push(event));
  return told;
};

/** `serviceReady db` */
export const tell = (event: StackEvent): string => ('service' in event ? `${event.type} ${event.service}` : event.type);

export const good = <Value extends object>(result: Result<Value>): Value => {
  if (!result.ok) throw new Error(`${result.error.kind}: ${result.error.message}`);
  return result;
};

export const bad = (result: Result) => {
  if (result.ok) throw new Error('it was done');
  return result.error;
};

// api ─► db
export const shop = (stack = aStack()) =>
  stack
    .defineService('db', { command: program('listens.mjs'), port: 'auto' })
    // biome-ignore lint/suspicious/noTemplateCurlyInString: muster fills it in
    .defineService('api', { command: program('listens.mjs'), port: 'auto', health_url: '${api.url}/', depends_on: ['db'] });

export const pidOf = async (stack: Stack, name: string): Promise<number> => {
  const { snapshot } = good(await stack.status());
  return snapshot.services.find((service) => service.name === name)?.pid ?? 0;
};
