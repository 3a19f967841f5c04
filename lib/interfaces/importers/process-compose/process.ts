import { formatDuration } from '../../../util/duration.ts';
import { toKeyed } from '../compose/merge.ts';
import type { DraftField, DraftService, DraftValue } from '../draft.ts';
import { rebase } from '../paths.ts';
import { createReader, type MapReader } from '../reader.ts';
import { portNote, withPortPerReplica } from '../replica-ports.ts';
import { signalNames, toSignal } from '../signals.ts';
import { findEntry, isNothing, type MapTree, scalarText } from '../tree.ts';
import type { ProcessContext } from './context.ts';
import { toProbes } from './probes.ts';
import { processReasons } from './reasons.ts';

/** One process as a service. */
export const toProcess = (written: string, tree: MapTree, context: ProcessContext): DraftService => {
  const { ledger, text, out } = context;
  const name = context.names.get(written) ?? written;
  const process = createReader(tree, ledger);
  if (name !== written) ledger.note(tree, `it is called "${name}" here`);
  const description = process.text('description');
  const folder = process.text('working_dir');
  const place = rebase(folder === null ? '.' : text(folder, tree), tree.at, out);
  const env = toEnvMap(process, context);
  const replicas = process.whole('replicas', 0, 1000);
  if (process.flag('disabled') === true)
    process.note('disabled', 'it has a profile of its own, "disabled", so that it is started only when it is named');
  const fields: readonly DraftField[] = [
    ...toCommand(process, context),
    ...(isTask(written, context) ? [{ key: 'type', value: 'task', comment: ['Others wait until it has ended.'] }] : []),
    ...(place === '.' ? [] : [{ key: 'cwd', value: place }]),
    ...(Object.keys(env).length === 0 ? [] : [{ key: 'env', value: env }]),
    ...toDependsOn(process, context),
    ...toProbes(process, context),
    ...toRestart(process, isTask(written, context)),
    ...toStop(process, context),
    ...(replicas === null ? [] : [{ key: 'replicas', value: replicas }]),
    ...(process.flag('disabled') === true ? [{ key: 'profiles', value: ['disabled'] }] : []),
  ];
  const shared = withPortPerReplica(fields, () => process.note('environment', portNote));
  process.finish(processReasons);
  return { name, comment: description === null ? [] : [description.split('\n')[0] ?? ''], fields: shared };
};

/** Its end is what somebody waits for. */
const isTask = (name: string, { processes }: ProcessContext): boolean =>
  [...processes.values()].some((process) => {
    const edge = findEntry(findEntry(process, 'depends_on')?.value ?? process, name)?.value;
    const condition = edge === undefined ? null : scalarText(findEntry(edge, 'condition')?.value ?? edge);
    return condition === 'process_completed' || condition === 'process_completed_successfully';
  });

/** A line for the shell; or, as `entrypoint`, words that are run as they are. */
const toCommand = (process: MapReader, { ledger, text, line }: ProcessContext): readonly DraftField[] => {
  const command = line(process, 'command');
  const words = process.texts('entrypoint').map(({ text: word, spot }) => text(word, spot));
  if (words.length > 0) {
    if (command !== null) process.lose('command', '"entrypoint" says what is run');
    return [{ key: 'command', value: words }];
  }
  if (command !== null) return [{ key: 'command', value: command }];
  ledger.note(process.spot, 'it has no command: decide what runs');
  return [{ key: 'command', value: 'node server.js', comment: ['DECIDE: it has no command.'], isSuggestion: true }];
};

export const toEnvMap = (
  map: MapReader,
  { ledger, text }: Pick<ProcessContext, 'ledger' | 'text'>,
): Readonly<Record<string, string>> => {
  const entry = map.entry('environment');
  if (entry === null || isNothing(entry.value)) return {};
  const tree = toKeyed(entry.value);
  const env: Record<string, string> = {};
  if (tree.kind !== 'map') {
    ledger.lose(entry, 'it should be a list of NAME=value');
    return env;
  }
  for (const variable of tree.entries) {
    const value = scalarText(variable.value);
    if (!/^[A-Za-z_][\w.-]*$/.test(variable.key) || value === null) ledger.lose(variable, 'it should be NAME=value');
    else env[variable.key] = text(value, variable);
  }
  return env;
};

const conditions: Readonly<Record<string, DraftValue>> = {
  process_started: { condition: 'started' },
  process_healthy: { condition: 'healthy' },
  process_log_ready: { condition: 'healthy' },
  process_completed_successfully: { condition: 'completed' },
  // Whatever its exit code is.
  process_completed: { condition: 'completed', required: false },
};

const toDependsOn = (process: MapReader, { ledger, names }: ProcessContext): readonly DraftField[] => {
  const entry = process.entry('depends_on');
  if (entry === null || isNothing(entry.value)) return [];
  const tree = toKeyed(entry.value);
  if (tree.kind !== 'map') {
    ledger.lose(entry, 'it should be a map of processes');
    return [];
  }
  const edges: Record<string, DraftValue> = {};
  for (const edge of tree.entries) {
    const name = names.get(edge.key);
    const map = edge.value.kind === 'map' ? createReader(edge.value, ledger) : null;
    const condition = map?.text('condition') ?? 'process_started';
    map?.finish({});
    const value = Object.hasOwn(conditions, condition) ? conditions[condition] : undefined;
    if (name === undefined) ledger.lose(edge, `there is no process "${edge.key}"`);
    else if (value === undefined) ledger.lose(edge, `"${condition}" is no condition`);
    else edges[name] = value;
  }
  return Object.keys(edges).length === 0 ? [] : [{ key: 'depends_on', value: edges }];
};

const policies: Readonly<Record<string, string>> = {
  no: 'no',
  always: 'always',
  on_failure: 'on-failure',
  exit_on_failure: 'no',
};

const toRestart = (process: MapReader, task: boolean): readonly DraftField[] => {
  const availability = process.map('availability');
  if (availability === null) return [];
  const written = availability.text('restart') ?? 'no';
  const policy = Object.hasOwn(policies, written) ? (policies[written] ?? 'no') : 'no';
  if (!Object.hasOwn(policies, written)) availability.lose('restart', `"${written}" is no policy`);
  if (written === 'exit_on_failure')
    availability.note('restart', 'that its failure ends everything: "muster up --fail-fast" does');
  const delay = availability.number('backoff_seconds');
  const max = availability.whole('max_restarts', 0);
  availability.finish({
    exit_on_end: 'muster ends the stack with Ctrl-C, "down", or "muster run -- CMD"',
    exit_on_skipped: 'muster ends the stack with Ctrl-C, "down", or "muster run -- CMD"',
  });
  if (policy === 'always' && task) {
    availability.lose('restart', 'others wait for its end, so it cannot be restarted always');
    return [];
  }
  const details = {
    ...(delay === null || delay <= 0 ? {} : { delay: formatDuration(delay * 1000) }),
    ...(max === null || max === 0 ? {} : { max }),
  };
  if (max === 0) availability.note('max_restarts', '0 is no limit there; here it is 5 restarts within a minute');
  return [{ key: 'restart', value: Object.keys(details).length === 0 || policy === 'no' ? policy : { policy, ...details } }];
};

const toStop = (process: MapReader, { ledger, line }: ProcessContext): readonly DraftField[] => {
  const shutdown = process.map('shutdown');
  if (shutdown === null) return [];
  const command = line(shutdown, 'command');
  const timeout = shutdown.number('timeout_seconds');
  const written = shutdown.text('signal');
  const signal = written === null ? null : toSignal(written);
  if (written !== null && signal === null) shutdown.lose('signal', `muster sends ${signalNames}`);
  shutdown.finish({ parent_only: 'muster ends whole process trees' });
  const value = {
    ...(signal === null ? {} : { signal }),
    ...(timeout === null || timeout <= 0 ? {} : { timeout: formatDuration(timeout * 1000) }),
    ...(command === null ? {} : { command }),
  };
  if (timeout !== null && timeout <= 0) ledger.note(shutdown.spot, 'without a timeout, it has 5 s to end');
  return Object.keys(value).length === 0 ? [] : [{ key: 'stop', value }];
};
