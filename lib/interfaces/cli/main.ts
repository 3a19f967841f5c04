#!/usr/bin/env node
import { type Invocation, parseCommandLine } from './args.ts';
import { createContext } from './context.ts';
import { renderHelp } from './help.ts';
import { createOutput, type Output } from './output.ts';
import type { Args } from './spec.ts';

/** A bug of muster's own is none of the contract's outcomes (sysexits.h: EX_SOFTWARE). */
const internalError = 70;

/** The command line's door: words in, exit code out. Everything heavy is loaded by the command that needs it. */
const runMuster = async (invocation: Invocation, stdout: Output, stderr: Output): Promise<number> => {
  const contextFor = (args: Args) => createContext({ args, cwd: process.cwd(), env: process.env, stdout, stderr });
  switch (invocation.kind) {
    case 'help':
      stdout.lines(renderHelp(invocation.command));
      return 0;
    case 'mistake':
      stderr.line(`muster: ${invocation.message}${invocation.hint === null ? '' : `; ${invocation.hint}`}`);
      return 2;
    case 'not-built':
      stderr.line(`muster ${invocation.name}: not built yet; it comes with a later version`);
      return 2;
    case 'command':
      return (await invocation.load()).run(contextFor(invocation.args));
  }
};

const words = process.argv.slice(2);
// What follows `--` is somebody else's command line.
const noColor = words.slice(0, words.includes('--') ? words.indexOf('--') : words.length).includes('--no-color');
const stdout = createOutput({ stream: process.stdout, env: process.env, noColor });
const stderr = createOutput({ stream: process.stderr, env: process.env, noColor });

const end = async (code: number): Promise<never> => {
  await Promise.all([stdout.flush(), stderr.flush()]);
  const failure = stdout.failure();
  if (failure !== null) process.stderr.write(`muster: cannot write to stdout (${failure})\n`);
  // Everything is written and done: a socket or timer that some package keeps must not hold the prompt back.
  process.exit(failure !== null && code === 0 ? 1 : code);
};

const endByBug = (error: unknown): void => {
  const story = error instanceof Error ? (error.stack ?? error.message) : String(error);
  stderr.line(`muster: this is a bug in muster, please report it:\n${story}`);
  void end(internalError);
};

process.on('uncaughtException', endByBug);
runMuster(parseCommandLine(words), stdout, stderr).then(end, endByBug);
