import { parseBudget } from '../../../domain/budget-words.ts';
import { toEnvironment } from '../../../domain/defaults.ts';
import type { Groups } from '../../../domain/replicas.ts';
import { parseRunRef } from '../../../domain/run-ref.ts';
import type { ServiceName } from '../../../domain/service.ts';
import { parseSince } from '../../../domain/since.ts';
import { parseWhatIf, spreadChange } from '../../../domain/what-if-words.ts';
import { didYouMean } from '../../../util/did-you-mean.ts';
import type { Parsed } from '../../../util/duration.ts';
import type { StatsRequest } from '../../stats/request.ts';
import type { Args } from '../spec.ts';

const formats = ['json', 'csv', 'markdown'] as const;
const views = ['compare', 'what-if', 'shutdown'] as const;
const pictureKinds = ['plot', 'html', 'trace'] as const;

/** Of the stack and of the memory. */
export type Known = { readonly services: readonly ServiceName[]; readonly groups: Groups };

/** Everything that is wrong with the command line, not only the first. */
export const readRequest = (args: Args, { services: all, groups }: Known, now: number): StatsRequest | readonly string[] => {
  const known = [...new Set([...groups.keys(), ...all])];
  const problems: string[] = [];
  const note = <T>(parsed: Parsed<T>, option: string): T[] => {
    if (parsed.ok) return [parsed.value];
    problems.push(`${option}: ${parsed.problem}; ${parsed.hint}`);
    return [];
  };
  const { services, runs, unknown } = sortWords([...args.positionals, ...args.list('service').map((name) => ({ name }))], {
    services: known,
    groups,
  });
  problems.push(...unknown);
  for (const group of [formats, views]) {
    const asked = group.filter((name) => args.flag(name));
    if (asked.length > 1) problems.push(`--${asked.join(' and --')} exclude each other; choose one`);
  }
  problems.push(...findCrowd(args));
  const named = args.text('run');
  if (named !== null) runs.push(named);
  const most = args.flag('compare') ? 2 : 1;
  if (runs.length > most)
    problems.push(`${runs.length} runs are named (${runs.join(', ')}), and ${most} can be shown; with --compare two`);
  if (args.flag('compare') && runs.length === 0)
    problems.push('--compare needs two runs, or one for the last to be compared with; write for example --compare best last');
  const env = args.text('env');
  const since = args.text('since');
  const request: StatsRequest = {
    environment: env === null ? null : toEnvironment(env),
    since: since === null ? null : (note(parseSince(since, now), '--since')[0] ?? null),
    services,
    groups,
    runs,
    isComparison: args.flag('compare'),
    isShutdown: args.flag('shutdown'),
    changes: args
      .list('what-if')
      .flatMap((text) => note(parseWhatIf(text, known), '--what-if'))
      .flatMap((change) => spreadChange(change, groups)),
    budgets: args.list('check').flatMap((text) => note(parseBudget(text, known), '--check')),
    format: formats.find((name) => args.flag(name)) ?? 'text',
    hasView: [...formats, ...views].some((name) => args.flag(name)),
    pictures: pictureKinds.flatMap((kind) => {
      const file = args.text(kind);
      return file === null ? [] : [{ kind, file }];
    }),
  };
  return problems.length === 0 ? request : problems;
};

/** Where two want stdout for themselves, neither could be read. */
const findCrowd = (args: Args): readonly string[] => {
  const drawn = pictureKinds.filter((kind) => args.text(kind) === '-').map((kind) => `--${kind} -`);
  const others = [...formats, ...views].filter((name) => args.flag(name)).map((name) => `--${name}`);
  if (drawn.length === 0 || drawn.length + others.length === 1) return [];
  return [
    `${[...drawn, ...others].join(' and ')} would all write to stdout; name a file for ${drawn.length === 1 ? 'the picture' : 'each picture'}`,
  ];
};

const choices = ['service', 'run', 'since', 'env', 'on'] as const;

/** What `--import`, which takes in all that there is and shows nothing, would leave undone. */
export const findUndone = (args: Args): readonly string[] => {
  const options = ['check', 'csv', 'markdown', ...views, ...pictureKinds, ...choices].filter((name) => args.flag(name));
  const asked = [...args.positionals.map((word) => `"${word}"`), ...options.map((name) => `--${name}`)];
  return asked.length === 0
    ? []
    : [
        `--import takes all boots in and shows nothing, so ${asked.join(' and ')} would not be done; call it again without --import`,
      ];
};

type Word = string | { readonly name: string };

type Sorted = { readonly services: ServiceName[]; readonly runs: string[]; readonly unknown: string[] };

/** A word is a service or a name for all its replicas, else a run: a service may be called `last`. */
const sortWords = (words: readonly Word[], { services: known, groups }: Known): Sorted => {
  const sorted: Sorted = { services: [], runs: [], unknown: [] };
  for (const word of words) {
    const name = typeof word === 'string' ? word : word.name;
    const replicas = groups.get(name);
    if (replicas !== undefined) sorted.services.push(...replicas);
    else if (known.includes(name)) sorted.services.push(name);
    else if (typeof word === 'string' && parseRunRef(name) !== null) sorted.runs.push(name);
    else {
      const meant = didYouMean(name, known);
      sorted.unknown.push(`unknown service "${name}"${meant === null ? '' : `; did you mean "${meant}"?`}`);
    }
  }
  return { ...sorted, services: [...new Set(sorted.services)] };
};
