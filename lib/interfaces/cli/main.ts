import { type Invocation, parseCommandLine } from './args.ts';
import { createContext } from './context.ts';
import { giveWayToReaper } from './first-process.ts';
import { renderHelp } from './help.ts';
import { tellMistake } from './mistakes.ts';
import { createOutput, type Output } from './output.ts';
import { toRefusalLine } from './render/json.ts';
import { createTheme } from './render/theme.ts';

/** A bug of muster's own is none of the contract's outcomes (sysexits.h: EX_SOFTWARE). */
const internalError = 70;

/** The command line's door: words in, exit code out. Everything heavy is loaded by the command that needs it. */
const runMuster = async (invocation: Invocation, stdout: Output, stderr: Output): Promise<number> => {
  switch (invocation.kind) {
    case 'help':
      stdout.lines(renderHelp(invocation.command, stdout.columns()).map(createTheme(stdout).text));
      return 0;
    case 'mistake':
      stderr.line(tellMistake(invocation));
      return 2;
    case 'not-built':
      stderr.line(`muster ${invocation.name}: not built yet; it comes with a later version`);
      return 2;
    case 'command': {
      const cwd = currentFolder();
      if (cwd === null) {
        stderr.line('muster: the folder that this was called in does not exist any more; change to another');
        return 2;
      }
      const { run } = await invocation.load();
      const code = await run(createContext({ args: invocation.args, cwd, env: process.env, stdout, stderr }));
      // Whoever asked for JSON gets some in any case, also from where only a sentence was said.
      const said = stderr.said();
      if (invocation.isJson && code !== 0 && said !== '' && stdout.said() === '') stdout.line(toRefusalLine(said));
      return code;
    }
  }
};

const currentFolder = (): string | null => {
  try {
    return process.cwd();
  } catch {
    // It was removed, or one above it may not be read: whatever the reason, there is no way to name it.
    return null;
  }
};

// Before anything is opened that another program would inherit.
const firstProcess = giveWayToReaper();
const words = process.argv.slice(2);
// What follows `--` is somebody else's command line.
const noColor = words.slice(0, words.includes('--') ? words.indexOf('--') : words.length).includes('--no-color');
const stdout = createOutput({ open: () => process.stdout, env: process.env, noColor });
const stderr = createOutput({ open: () => process.stderr, env: process.env, noColor });

const end = async (code: number): Promise<never> => {
  await Promise.all([stdout.flush(), stderr.flush()]);
  const failure = stdout.failure();
  if (failure !== null) process.stderr.write(`muster: cannot write to stdout (${failure})\n`);
  // Everything is written and done: a socket or timer that some package keeps must not hold the prompt back.
  process.exit(failure !== null && code === 0 ? 1 : code);
};

const endByBug = (error: unknown): void => {
  // A supervisor has a handler of its own: it must not end for a bug in one corner.
  if (process.listenerCount('uncaughtException') > 1) return;
  const story = error instanceof Error ? (error.stack ?? error.message) : String(error);
  stderr.line(`muster: this is a bug in muster, please report it:\n${story}`);
  void end(internalError);
};

process.on('uncaughtException', endByBug);
if (firstProcess !== null) stderr.aside(`muster: ${firstProcess}\n`);
runMuster(parseCommandLine(words), stdout, stderr).then(end, endByBug);
