/** A script and what it is, by its name. */
type Script = { readonly key: string; readonly command: string };

export type Started = {
  /** Scripts that do nothing but start others, each with those. */
  readonly whole: ReadonlyMap<string, readonly string[]>;
  /** Scripts that are started by one that starts other programs, too; each with that one. */
  readonly parts: ReadonlyMap<string, string>;
};

/**
 * Which scripts start which of the others (`concurrently "npm:dev:*"`, `run-p dev:*`): both as services would run each program
 * twice.
 */
export const findStarted = (scripts: readonly Script[]): Started => {
  const whole = new Map<string, readonly string[]>();
  const parts = new Map<string, string>();
  for (const { key, command } of scripts) {
    const found = toPrograms(command);
    if (found === null) continue;
    const others = scripts
      .map((script) => script.key)
      .filter((other) => other !== key && whole.get(other)?.includes(key) !== true);
    const started = found.names.map((name) => others.filter((other) => toPattern(name).test(other)));
    const names = [...new Set(started.flat())];
    if (names.length === 0) continue;
    if (found.isAll && started.every((each) => each.length > 0)) whole.set(key, names);
    else for (const name of names) parts.set(name, key);
  }
  return { whole, parts };
};

type Programs = {
  /** Of scripts, `*` for any text. */
  readonly names: readonly string[];
  /** It starts nothing else. */
  readonly isAll: boolean;
};

/** Null: it is no starter of several that is known here. */
const toPrograms = (command: string): Programs | null => {
  const words = (command.match(/"[^"]*"|'[^']*'|[^\s"']+/g) ?? []).map((word) =>
    word.replace(/^(["'])(.*)\1$/, '$2').replaceAll('\\', ''),
  );
  const at = words.findIndex((word) => starters.has(word));
  const starter = words[at];
  if (starter === undefined) return null;
  const isByName = starter !== 'concurrently';
  const end = words.findIndex((word, index) => index > at && /^(?:&&?|\|\|?|;)$/.test(word));
  const programs = words.slice(at + 1, end < 0 ? undefined : end).filter((word, index, all) => {
    const before = all[index - 1] ?? '';
    return !word.startsWith('-') && !withValue[isByName ? 'names' : 'programs'].test(before);
  });
  const names = programs.flatMap((program) => (isByName ? [program] : toName(program)));
  const isAlone = words.slice(0, at).every((word) => word === 'npx') && end < 0;
  return { names, isAll: isAlone && names.length === programs.length };
};

/** Those that say in their own line what they start. */
const starters: ReadonlySet<string> = new Set(['concurrently', 'conc', 'npm-run-all', 'npm-run-all2', 'run-p']);
const several = new RegExp(String.raw`\b(?:${[...starters].join('|')}|run-s|wait-on|start-server-and-test|foreman|nf start)\b`);

/** Whether a script starts several programs, also where it does not say which. */
export const startsSeveral = (command: string): boolean => several.test(command);

/** Options that have a value in the next word. */
const withValue = {
  names: /^--(?:max-parallel|npm-path)$/,
  programs:
    /^(?:-n|--names|-c|--prefix-colors|-p|--prefix|-l|--prefix-length|-s|--success|-m|--max-processes|--name-separator|--hide|--restart-tries|--restart-after|--kill-signal|-t|--timestamp-format|--default-input-target|--teardown)$/,
};

const toName = (program: string): readonly string[] => {
  const [, name] = /^(?:npm|pnpm|yarn|bun|node):(\S+)$|^/.exec(program) ?? [];
  const [, run] = /^(?:npm|pnpm|yarn|bun) run (\S+)$/.exec(program) ?? [];
  return [name ?? run ?? []].flat();
};

const toPattern = (name: string): RegExp =>
  new RegExp(
    `^${name
      .split(/\*+/)
      .map((part) => part.replaceAll(/[^\w:-]/g, '\\$&'))
      .join('.*')}$`,
  );
