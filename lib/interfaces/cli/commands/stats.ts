import { compareRuns } from '../../../domain/compare.ts';
import { onEngine } from '../../../domain/engine.ts';
import { type History, namesIn } from '../../../domain/history.ts';
import { allNames, toGrouped, toGroups } from '../../../domain/replicas.ts';
import { findRun } from '../../../domain/run-ref.ts';
import type { Stack } from '../../../domain/service.ts';
import { toStopChain } from '../../../domain/stop-blame.ts';
import { type Collected, collect } from '../../stats/collect.ts';
import { predictFrom, toBudgetData, toData } from '../../stats/data.ts';
import type { StatsRequest } from '../../stats/request.ts';
import type { CommandContext } from '../context.ts';
import { type ImportRequest, importHistory } from '../import-history.ts';
import type { Output } from '../output.ts';
import { readMemory } from '../read-memory.ts';
import { renderVerdicts } from '../render/budget.ts';
import { renderStats } from '../render/stats.ts';
import { renderComparison } from '../render/stats-compare.ts';
import { renderCsv } from '../render/stats-csv.ts';
import { renderMarkdown } from '../render/stats-markdown.ts';
import { renderRun } from '../render/stats-run.ts';
import { renderStop } from '../render/stats-stop.ts';
import { renderPrediction } from '../render/stats-what-if.ts';
import { createTheme } from '../render/theme.ts';
import { findUndone, type Known, readRequest } from '../stats/request.ts';

export const run = async (context: CommandContext): Promise<number> => {
  const { args, stderr, load } = context;
  const loaded = await load();
  if (loaded === null) return 2;
  const { stack } = loaded;
  const file = args.text('import');
  if (file !== null && findUndone(args).length > 0) return refuse(stderr, findUndone(args));
  if (file !== null) return importHistory(context, { root: stack.root, file, known: definedIn(stack) });
  const { history: whole } = await readMemory(stack.root, stderr);
  const onCluster = args.text('on') !== null;
  // Two boots may well be compared across, when they are named; what is usual is a matter of one place.
  const isNamed = args.flag('compare') || args.text('run') !== null;
  const history = isNamed && !onCluster ? whole : onEngine(whole, onCluster);
  const request = readRequest(args, knownServices(stack, history), Date.now());
  if (isProblems(request)) return refuse(stderr, request);
  const collected = collect(stack, history, request);
  if (typeof collected === 'string') return refuse(stderr, [collected]);
  const drawn = await draw(context, request, collected);
  const isShown = request.pictures.length === 0 || request.hasView;
  const code = drawn === 0 && isShown ? pickView(request)(context, request, collected) : drawn;
  if (code !== 0) return code;
  tellVerdicts(context, request, collected);
  return collected.verdicts.some(({ ok }) => !ok) ? 1 : 0;
};

/** Below a text; beside what machines read, only what is not kept, on stderr, and beside a picture all of them there. */
const tellVerdicts = ({ stdout, stderr }: CommandContext, request: StatsRequest, { verdicts }: Collected): void => {
  if (request.format !== 'text') stderr.lines(verdicts.flatMap(({ ok, reason }) => (ok ? [] : [`muster: ${reason}`])));
  else {
    const output = request.pictures.some(({ file }) => file === '-') ? stderr : stdout;
    output.lines(renderVerdicts(verdicts, output));
  }
};

/** Says which files are there now; `-` is stdout. */
const draw = async ({ cwd, stdout, stderr }: CommandContext, request: StatsRequest, collected: Collected): Promise<number> => {
  if (request.pictures.length === 0) return 0;
  const [{ drawPicture }, { writeOutputFile }] = await Promise.all([import('../stats/pictures.ts'), import('../write-file.ts')]);
  for (const { kind, file } of request.pictures) {
    const text = drawPicture(kind, collected);
    if (text === null)
      return refuse(stderr, [`--${kind} needs a boot to draw, and none is remembered; the first "muster up" makes one`]);
    if (file === '-') stdout.write(text);
    else {
      const problem = await writeOutputFile(cwd, file, text);
      if (problem !== null) return refuse(stderr, [`--${kind}: ${problem}`]);
      stderr.line(`${file}: run ${collected.view?.run.id ?? '(none)'}, ${text.length} characters`);
    }
  }
  return 0;
};

type View = (context: CommandContext, request: StatsRequest, collected: Collected) => number;

const pickView = ({ isComparison, isShutdown }: StatsRequest): View => (isComparison ? compare : isShutdown ? showStop : show);

/** Of the run that was named, else of the newest that was stopped. */
const showStop: View = ({ stdout, stderr, args }, request, { runs, view, verdicts }) => {
  const run = request.runs.length > 0 ? view?.run : runs.findLast(({ stop }) => stop !== null);
  if (run === undefined) return refuse(stderr, ['no stop is remembered yet; "muster down" or Ctrl-C makes the first entry']);
  if (run.stop === null) return refuse(stderr, [`nothing is remembered of the stop of run ${run.id}`]);
  if (args.flag('json'))
    stdout.line(JSON.stringify({ run: run.id, ...run.stop, chain: toStopChain(run.stop), ...toBudgetData(verdicts) }, null, 2));
  else if (request.format === 'text') print(stdout, renderStop(run, run.stop, stdout));
  else return refuse(stderr, [`--shutdown has no form as --${request.format}; write it with --json, or without`]);
  return 0;
};

const isProblems = (request: StatsRequest | readonly string[]): request is readonly string[] => Array.isArray(request);

const refuse = (stderr: Output, problems: readonly string[]): number => {
  stderr.lines(problems.map((problem) => `muster: ${problem}`));
  return 2;
};

const definedIn = ({ services }: Stack): ImportRequest['known'] => {
  const all = [...services.values()];
  return { names: allNames(all.map(toGrouped)), definitions: all.map(({ definitionHash }) => definitionHash) };
};

/** Of the stack, then those that only the memory knows. */
const knownServices = ({ services }: Stack, history: History): Known => {
  const remembered = namesIn(history);
  return {
    services: [...new Set([...services.keys(), ...remembered])],
    groups: toGroups([...services.values()].map(toGrouped), remembered),
  };
};

const compare: View = ({ stdout, stderr, args }, request, { runs, stats, verdicts }) => {
  const choice = { runs, whole: stats.stack.samples.map((sample) => sample.run) };
  const [before, after] = [request.runs[0] ?? 'last', request.runs[1] ?? 'last'].map((name) => findRun(name, choice));
  if (before?.ok !== true || after?.ok !== true)
    return refuse(
      stderr,
      [before, after].flatMap((found) => (found?.ok === false ? [`${found.problem}; ${found.hint}`] : [])),
    );
  const comparison = compareRuns(before.value, after.value);
  if (args.flag('json')) stdout.line(JSON.stringify({ ...comparison, ...toBudgetData(verdicts) }, null, 2));
  else if (request.format === 'text') print(stdout, renderComparison(comparison, stdout));
  else return refuse(stderr, [`--compare has no form as --${request.format}; write it with --json, or without`]);
  return 0;
};

const show: View = (context, request, collected) => {
  const { stdout, stderr } = context;
  const { stats, shifts, hints, view, verdicts, stack, runs } = collected;
  const name = stack.name;
  const isAboutChanges = request.changes.length > 0;
  if (isAboutChanges && (request.format === 'csv' || request.format === 'markdown'))
    return refuse(stderr, [`--what-if has no form as --${request.format}; write it with --json, or without`]);
  if (isAboutChanges && view === null)
    return refuse(stderr, ['--what-if needs a boot to go by, and none is remembered; the first "muster up" makes one']);
  if (request.format === 'csv')
    stdout.lines(renderCsv(request.runs.length === 0 || view === null ? runs : [view.run], request.services));
  else if (request.format === 'json') stdout.line(JSON.stringify(toData(collected, request), null, 2));
  else if (request.format === 'markdown') stdout.lines(renderMarkdown({ name, stats, shifts, hints, view, verdicts }));
  else if (isAboutChanges && view !== null)
    print(stdout, renderPrediction(predictFrom(collected, view, request), request.changes, stdout));
  else if (verdicts.length === 0) {
    print(stdout, renderStats({ name, stats, shifts, hints, width: stdout.columns() }, stdout));
    if (view !== null && request.services.length === 0)
      print(stdout, renderRun(view, { colour: stdout.colour, unicode: stdout.unicode, width: stdout.columns() }));
  }
  return 0;
};

const print = (stdout: Output, lines: readonly string[]): void => {
  const [theme, width] = [createTheme(stdout), stdout.columns()];
  stdout.lines(lines.map((line) => theme.cut(line, width)));
};
