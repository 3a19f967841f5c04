import path from 'node:path';
import type { Diagnostic } from '../../domain/diagnostic.ts';
import { formatDuration } from '../../util/duration.ts';
import type { DraftField, DraftService, DraftValue } from './draft.ts';
import type { Importer, ImportInput } from './importer.ts';
import { createLedger, type Ledger } from './ledger.ts';
import { toLiteral } from './literal.ts';
import { toJsonTree, toJsTree } from './literal-tree.ts';
import { toDistinctNames } from './names.ts';
import { rebase } from './paths.ts';
import { toCommand } from './pm2/command.ts';
import { toEnv, toEnvFields } from './pm2/environment.ts';
import { reasons } from './pm2/reasons.ts';
import { createReader, type MapReader } from './reader.ts';
import { portNote, toPortFields } from './replica-ports.ts';
import { findEntry, isNothing, type MapTree, scalarText, type Tree } from './tree.ts';
import { toYamlTree } from './yaml-tree.ts';

/** The file of pm2, as JSON, YAML, or JavaScript that is read without being run. */
export const pm2Importer: Importer = {
  format: 'pm2',
  summary: 'a pm2 ecosystem file; one in JavaScript is read as data and not run',
  isNamed: (name) => /(^|\.)(ecosystem|pm2|process)(\.config)?\.(json|[cm]?js|ya?ml)$/i.test(name),
  sign: '"apps"',
  looksLike: (text) => /["']?apps["']?\s*:\s*(\[|$)/m.test(text),
  toDraft: async (input) => {
    const ledger = createLedger();
    const apps: MapTree[] = [];
    for (const source of input.sources) {
      const tree = /\.[cm]?js$/i.test(source.file)
        ? toJsTree(source)
        : /\.ya?ml$/i.test(source.file)
          ? toYamlTree(source)
          : toJsonTree(source);
      if (!('kind' in tree)) return tree;
      const found = findApps(tree, ledger);
      if (found === null) return [noApps(source.file)];
      apps.push(...found);
    }
    const written = apps.map(nameOf);
    const names = toDistinctNames(written);
    const drafts: Drafted[] = [];
    for (const [index, tree] of apps.entries()) {
      drafts.push(await toService({ tree, name: names[index] ?? '', written: written[index] ?? '', input, ledger }));
    }
    const services = drafts.map(({ service }) => service);
    const draft = { head: [], fields: toEnvironments(drafts), services };
    return { draft, losses: ledger.losses(), notes: ledger.notes() };
  },
};

const noApps = (file: string): Diagnostic => ({
  severity: 'error',
  code: 'missing-key',
  file,
  line: 1,
  column: 1,
  message: 'this is not a pm2 file: it has no "apps"',
  hint: 'name another, or say --format',
});

/** `{apps: […]}`, a list of them, or one alone. */
const findApps = (tree: Tree, ledger: Ledger): readonly MapTree[] | null => {
  const apps = findEntry(tree, 'apps')?.value;
  if (tree.kind === 'map' && apps !== undefined) {
    const top = createReader(tree, ledger);
    top.entry('apps');
    top.finish({ deploy: 'muster deploys nothing', module_conf: 'it is for modules of pm2' });
  }
  const whole = apps ?? (findEntry(tree, 'script') !== null || tree.kind === 'list' ? tree : null);
  if (whole === null) return null;
  // That it is no data has been told.
  const items = whole.kind === 'list' ? whole.items : whole.kind === 'opaque' ? [] : [whole];
  return items.flatMap((item) => {
    if (item.kind !== 'map') ledger.lose(item, item.kind === 'opaque' ? item.why : 'it should be a map');
    return item.kind === 'map' ? [item] : [];
  });
};

/** A name that is given, as it is; else that of its script, without folder and extension. */
const nameOf = (tree: MapTree): string => {
  const [name, script] = ['name', 'script'].map((key) => {
    const entry = findEntry(tree, key);
    return entry === null ? null : scalarText(entry.value);
  });
  return name || path.basename(script ?? '').replace(/(?<=.)\.[^.]*$/, '') || 'app';
};

type App = {
  readonly tree: MapTree;
  readonly name: string;
  readonly written: string;
  readonly input: ImportInput;
  readonly ledger: Ledger;
};

type Drafted = {
  readonly service: DraftService;
  /** By environment, what differs there. */
  readonly environments: ReadonlyMap<string, readonly DraftField[]>;
};

const toService = async ({ tree, name, written, input, ledger }: App): Promise<Drafted> => {
  const app = createReader(tree, ledger);
  app.entry('name');
  if (name !== written) ledger.note(tree, `it is called "${name}" here`);
  const { folder } = tree.at;
  const cwd = app.text('cwd');
  const command = await toCommand(app, { files: input.files, cwd: path.resolve(folder, cwd ?? '.') });
  const port = app.whole('port', 1, 65_535);
  const toFields = isSharing(app) && port === null ? toPortFields : toEnvFields;
  const env = toFields(toEnv(app, 'env', { ledger, port }));
  const environments = new Map(
    app.keys().flatMap((key): [string, readonly DraftField[]][] => {
      const [, environment] = /^env_([A-Za-z][\w-]*)$/.exec(key) ?? [];
      return environment === undefined || environment === 'file'
        ? []
        : [[environment, toFields(toEnv(app, key, { ledger, port }))]];
    }),
  );
  const isMoved = [env, ...environments.values()].some((own) => own.some(({ key }) => key === 'port'));
  if (isMoved) app.note('env', portNote);
  const hasPort = isMoved || port !== null;
  const envFiles = app.texts('env_file').map(({ text }) => rebase(toLiteral(text), { folder }, input.out));
  const place = rebase(toLiteral(cwd ?? '.'), { folder }, input.out);
  const fields: readonly DraftField[] = [
    command ?? {
      key: 'command',
      value: 'node server.js',
      comment: ['DECIDE: it has no script that could be read.'],
      isSuggestion: true,
    },
    ...(place === '.' ? [] : [{ key: 'cwd', value: place }]),
    ...env,
    ...(port === null ? [] : [{ key: 'port', value: port }]),
    ...(envFiles.length === 0 ? [] : [{ key: 'env_file', value: envFiles }]),
    ...toInstances(app, hasPort),
    ...toWatch(app),
    ...toPolicies(app, ledger),
  ];
  app.finish(reasons);
  return { service: { name, comment: [], fields }, environments };
};

const isCluster = (app: MapReader): boolean => !['fork', 'fork_mode', null].includes(app.text('exec_mode'));

/** Whether several are meant to be behind its PORT: instances of a cluster listen on one, which here each has for itself. */
const isSharing = (app: MapReader): boolean => isCluster(app) || !['0', '1', null].includes(app.text('instances'));

const toInstances = (app: MapReader, hasPort: boolean): readonly DraftField[] => {
  const written = app.text('instances');
  if (isCluster(app)) {
    const own = 'instances share no port here: each has its own, counted up from "port"';
    app.note('exec_mode', hasPort ? own : `${own}; write that, and let it listen on PORT`);
  }
  if (written === null) return [];
  const count = Number(written);
  if (Number.isInteger(count) && count >= 1 && count <= 1000) return [{ key: 'replicas', value: count }];
  app.lose('instances', 'as many as there are processors: write a number of "replicas"');
  return [];
};

/** pm2 watches wherever it runs; muster does so in development, unless it is told to. */
const toWatch = (app: MapReader): readonly DraftField[] => {
  const entry = app.entry('watch');
  const ignored = app.texts('ignore_watch').map(({ text }) => `!${toLiteral(text)}`);
  const delay = toMilliseconds(app, 'watch_delay');
  const isWhole = entry !== null && scalarText(entry.value) === 'true';
  const isOff = entry === null || isNothing(entry.value) || scalarText(entry.value) === 'false';
  if (isOff) {
    if (ignored.length > 0) app.lose('ignore_watch', '"watch" is off');
    return [];
  }
  const files = isWhole ? ['**'] : app.texts('watch').map(({ text }) => toLiteral(text));
  const debounce = delay === null || delay === 0 ? {} : { debounce: formatDuration(delay) };
  return [{ key: 'watch', value: { files: [...files, ...ignored], ...debounce, enabled: true } }];
};

const toPolicies = (app: MapReader, ledger: Ledger): readonly DraftField[] => {
  const restarts = app.flag('autorestart') !== false;
  const max = app.whole('max_restarts', 0);
  const delay = toMilliseconds(app, 'restart_delay') ?? toMilliseconds(app, 'exp_backoff_restart_delay');
  const final = toExitCodes(app, ledger);
  const kill = toMilliseconds(app, 'kill_timeout');
  const details: Record<string, DraftValue> = {
    ...(delay === null || delay === 0 ? {} : { delay: formatDuration(delay) }),
    ...(max === null ? {} : { max }),
    ...(final.length === 0 ? {} : { never_on: final }),
  };
  const policy = restarts ? 'always' : 'no';
  if (!restarts)
    for (const key of ['max_restarts', 'restart_delay', 'exp_backoff_restart_delay', 'stop_exit_codes'])
      if (app.keys().includes(key)) app.lose(key, '"autorestart" is off');
  return [
    { key: 'restart', value: restarts && Object.keys(details).length > 0 ? { policy, ...details } : policy },
    ...(kill === null ? [] : [{ key: 'stop', value: { timeout: formatDuration(kill) } }]),
  ];
};

const toExitCodes = (app: MapReader, ledger: Ledger): readonly number[] =>
  app.texts('stop_exit_codes').flatMap(({ text, spot }) => {
    const code = /^\d{1,3}$/.test(text) ? Number(text) : 256;
    if (code > 255) ledger.lose(spot, 'it should be an exit code, 0 to 255');
    return code > 255 ? [] : [code];
  });

/** Milliseconds, or `3s`, `1h`. */
const toMilliseconds = (app: MapReader, key: string): number | null => {
  const text = app.text(key);
  if (text === null) return null;
  const [, amount, unit = 'ms'] = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h)?$/.exec(text.trim()) ?? [];
  const factor = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[unit];
  if (amount !== undefined && factor !== undefined) return Math.round(Number(amount) * factor);
  app.lose(key, `"${text}" is no time`);
  return null;
};

const toEnvironments = (drafts: readonly Drafted[]): readonly DraftField[] => {
  const names = new Set(drafts.flatMap(({ environments }) => [...environments.keys()]));
  if (names.size === 0) return [];
  const value = Object.fromEntries(
    [...names].map((name) => {
      const services = drafts.flatMap(({ service, environments }) => {
        const env = environments.get(name);
        return env === undefined ? [] : [[service.name, Object.fromEntries(env.map(({ key, value }) => [key, value]))] as const];
      });
      return [name, { services: Object.fromEntries(services) }];
    }),
  );
  return [{ key: 'environments', value }];
};
