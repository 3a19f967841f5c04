import path from 'node:path';
import type { Issue, Path, Report } from '../../domain/issue.ts';
import { isRawList, isRawMap, type RawMap, type RawValue } from '../../domain/raw.ts';
import type { ServiceDraft } from '../../domain/resolve.ts';
import type { Command, Hook, Probe } from '../../domain/service.ts';
import { isShellWord } from '../../util/words.ts';
import { toWrittenPath } from '../stack-file.ts';
import { statIfVisible } from '../stat.ts';
import type { CheckContext, Checked } from './context.ts';
import { createProgramLookup, type Program, type ProgramQuery } from './programs.ts';

/** Commands that cannot start, or that do something else than their author thinks. */
export const checkCommands = (context: CheckContext): void => {
  const lookUp = createProgramLookup();
  const ofServices = context.activeServices.flatMap((checked) => commandsOf(context, checked));
  for (const use of [...ofServices, ...hooksOfStack(context)]) {
    if (context.checkSystem) checkProgram(context, use, lookUp);
    checkWords(context, use);
    checkPassword(use);
  }
};

/** A command as it is written, the first word of what will run, and where that stands. */
type Use = {
  readonly place: Place;
  readonly value: string | readonly RawValue[];
  readonly path: Path;
  /** Null: only the shell knows. */
  readonly program: string | null;
  readonly isDirect: boolean;
};

/** Where its commands run, and where mistakes in them are told. */
type Place = Pick<ServiceDraft, 'cwd' | 'env'> & {
  /** Without it the stack does well enough. */
  readonly optional: boolean;
  /** Of what the commands belong to. */
  readonly path: Path;
  readonly report: Report;
};

const commandsOf = ({ report }: CheckContext, { raw, draft }: Checked): Use[] => {
  const { cwd, env, optional } = draft;
  const place: Place = { cwd, env, optional, path: ['services', draft.name], report };
  const uses: Use[] = [];
  addUse(uses, place, { command: draft.command, map: raw, steps: commandSteps });
  if (Object.hasOwn(raw, 'stop')) {
    addUse(uses, place, { command: draft.stop.command, map: mapAt(raw, 'stop'), steps: ['stop', 'command'] });
  }
  for (const { field, key, probe } of execFields) {
    if (Object.hasOwn(raw, field)) {
      addUse(uses, place, { command: execOf(draft[probe]), map: mapAt(raw, field), steps: [field, key] });
    }
  }
  if (Object.hasOwn(raw, 'hooks')) addHooks(uses, place, mapAt(raw, 'hooks'), draft.hooks);
  return uses;
};

/** Those of the first file: the hooks of included files hold for nobody. */
const hooksOfStack = ({ layers, root, stackEnv, stackHooks }: CheckContext): Use[] => {
  const [file] = layers.files;
  if (file === undefined) return [];
  const report: Report = (issue) => file.collector.report({ ...issue, path: toWrittenPath(file, issue.path) });
  const uses: Use[] = [];
  addHooks(uses, { cwd: root, env: stackEnv, optional: false, path: [], report }, mapAt(file.effective, 'hooks'), stackHooks);
  return uses;
};

const addHooks = (uses: Use[], place: Place, written: RawMap, hooks: Readonly<Record<string, Hook | undefined>>): void => {
  for (const [name, hook] of Object.entries(hooks)) {
    const value = written[name];
    const steps = isRawMap(value) ? ['hooks', name, 'command'] : ['hooks', name];
    addUse(uses, place, { command: hook?.command ?? null, map: isRawMap(value) ? value : written, steps });
  }
};

const commandSteps = ['command'];

/** Where a check that is a command may be written. */
const execFields = [
  { field: 'health', key: 'exec', probe: 'health' },
  { field: 'healthcheck', key: 'test', probe: 'health' },
  { field: 'ready', key: 'exec', probe: 'ready' },
] as const;

/** `steps` lead to it in the service; the last of them is its key in `map`. */
type Spot = { readonly command: Command | null; readonly map: RawMap; readonly steps: readonly string[] };

const addUse = (uses: Use[], place: Place, { command, map, steps }: Spot): void => {
  const value = command === null ? undefined : map[steps.at(-1) ?? ''];
  if (command === null || (typeof value !== 'string' && !isRawList(value))) return;
  const isDirect = command.kind === 'direct';
  const word = isDirect ? command.program : firstWord(typeof command.line === 'string' ? command.line : '');
  const program = typeof word === 'string' && word !== '' ? word : null;
  uses.push({ place, value, path: [...place.path, ...steps], program, isDirect });
};

const execOf = (probe: Probe | null): Command | null => (probe?.check.kind === 'exec' ? probe.check.command : null);

const mapAt = (raw: RawMap, key: string): RawMap => {
  const value = raw[key];
  return isRawMap(value) ? value : {};
};

/** The program that a shell line begins with, where that is plain to see. */
const firstWord = (line: string): string | null => {
  const [word] = /^[^\s|&;<>()$`\\*?[\]{}'"=!~#\0]+(?=\s|[|&;<>]|$)/.exec(line.trim()) ?? [];
  return word === undefined || isShellWord(word) ? null : word;
};

const at = ({ path: base, value }: Use, word: string): Pick<Issue, 'path' | 'within'> =>
  typeof value === 'string' ? { path: base, within: word } : { path: [...base, Math.max(0, value.indexOf(word))] };

const checkProgram = (context: CheckContext, use: Use, lookUp: (query: ProgramQuery) => Program): void => {
  const { place, program, isDirect } = use;
  if (program === null) return;
  const { cwd, env, optional, report } = place;
  const own = Object.hasOwn(env, 'PATH') ? env['PATH'] : undefined;
  const searchPath = typeof own === 'string' ? own : (context.env['PATH'] ?? '');
  const found = lookUp({ program, cwd, searchPath });
  // In a folder that is not there nothing can be found, and that has been reported.
  if (found.state === 'found' || statIfVisible(cwd) === null) return;
  // A shell may know a word that is no program: a function of its start-up file, say.
  const severity = optional || !isDirect ? 'warning' : 'error';
  report({ severity, ...at(use, program), ...describe({ state: found.state, program, cwd }) });
};

type Missing = { readonly state: Exclude<Program['state'], 'found'>; readonly program: string; readonly cwd: string };

const describe = ({ state, program, cwd }: Missing): Pick<Issue, 'code' | 'message' | 'hint'> => {
  if (state === 'directory')
    return { code: 'command-not-executable', message: `"${program}" is a directory`, hint: 'name a program' };
  if (state === 'not-executable') {
    return {
      code: 'command-not-executable',
      message: `"${program}" is not executable`,
      hint: `chmod +x ${path.normalize(program)}`,
    };
  }
  const hint = program.includes('/') ? 'create it or fix the path' : nearby(program, cwd);
  return {
    code: 'command-missing',
    message: `program "${program}" ${program.includes('/') ? 'does not exist' : 'is not in PATH'}`,
    hint,
  };
};

/** Where a program that PATH does not have may be meant to come from. */
const nearby = (program: string, cwd: string): string => {
  const exists = (...parts: string[]): boolean => statIfVisible(path.join(cwd, ...parts))?.isFile() ?? false;
  if (exists('node_modules', '.bin', program)) return `write "./node_modules/.bin/${program}" or "npx ${program}"`;
  return exists(program) ? `write "./${program}"` : 'install it or fix the name';
};

const warn = ({ place }: Use, issue: Omit<Issue, 'severity'>): void => place.report({ severity: 'warning', ...issue });

const operators = new Set(['&&', '||', '|', ';', '&', '>', '>>', '<', '2>&1', '2>']);

/** Wrappers that take the process out of our hands. */
const wrappers: Readonly<Record<string, (uid: number | null) => string>> = {
  sudo: (uid) => `"sudo" may ask for a password and cannot be stopped${uid === null || uid === 0 ? '' : ` by uid ${uid}`}`,
  doas: (uid) => `"doas" may ask for a password and cannot be stopped${uid === null || uid === 0 ? '' : ` by uid ${uid}`}`,
  su: () => '"su" may ask for a password and starts a process of another user',
  nohup: () => '"nohup" makes it ignore the end of its terminal, which it does not have',
  setsid: () => '"setsid" takes it out of the process group that is stopped with it',
  daemonize: () => '"daemonize" sends it to the background, where its end is not seen',
  disown: () => '"disown" has no meaning here',
};

const checkWords = (context: CheckContext, use: Use): void => {
  const { value, program } = use;
  if (isRawList(value)) {
    const operator = value.find((word) => typeof word === 'string' && operators.has(word));
    if (typeof operator === 'string') {
      const message = `"${operator}" in a list is passed as plain text, no shell runs`;
      warn(use, {
        ...at(use, operator),
        code: 'command-suspicious',
        message,
        hint: 'write it as one text value to use a shell',
      });
    }
  } else if (/[^&]&\s*$/.test(value)) {
    const message = 'a final "&" sends it to the background, where its end is not seen';
    warn(use, { path: use.path, within: '&', code: 'command-suspicious', message, hint: 'remove the "&"' });
  }
  const wrapper = program !== null && Object.hasOwn(wrappers, program) ? wrappers[program] : undefined;
  if (program !== null && wrapper !== undefined) {
    warn(use, {
      ...at(use, program),
      code: 'command-suspicious',
      message: wrapper(context.facts.uid),
      hint: `run without ${program}`,
    });
  }
};

/** `scheme://user:password@`, `--password=…`, `PGPASSWORD=… cmd`: everybody on the machine sees the arguments of a process. */
const checkPassword = (use: Use): void => {
  if (typeof use.value === 'string') {
    checkWord(use, use.value, use.path);
    return;
  }
  use.value.forEach((word, index) => {
    if (typeof word === 'string') checkWord(use, word, [...use.path, index]);
  });
};

const checkWord = (use: Use, word: string, spot: Path): void => {
  const found =
    /([a-z][a-z0-9+.-]*:\/\/[^\s:@/]*:)[^\s@/]+@/i.exec(word) ??
    /((?:^|\s)--?(?:pass(?:word)?|token|secret|api-?key)[= ])[^\s-]\S*/i.exec(word);
  if (found === null) return;
  const message = 'password in a command line is visible to every user in "ps"';
  const within = (found[1] ?? '').trim();
  warn(use, { path: spot, within, code: 'secret-in-command', message, hint: 'move it to env' });
};
