import type { ErrorObject } from 'ajv';
import type { Issue, Path } from '../domain/issue.ts';
import { didYouMean } from '../util/did-you-mean.ts';
import { own } from '../util/own.ts';
import { toSubject } from './subject.ts';

/** Fields one level further down, so that a field at the wrong level is told where it belongs. */
export const nestedKeys: Readonly<Record<string, readonly string[]>> = {
  health: ['http', 'tcp', 'exec', 'interval', 'timeout', 'retries', 'successes', 'status', 'method', 'headers', 'body_matches'],
  ready: ['notify', 'file', 'log'],
  healthcheck: ['test', 'start_period', 'disable'],
  restart: ['policy', 'delay', 'max_delay', 'factor', 'max', 'window', 'on_unhealthy', 'never_on'],
  stop: ['signal', 'timeout'],
  log: ['file', 'max_size', 'keep', 'split'],
  watch: ['debounce'],
  hooks: ['before_start', 'after_ready', 'before_stop', 'after_stop'],
  depends_on: ['condition', 'required', 'wait_up_to', 'on_loss'],
  resources: ['cpu', 'memory', 'limits'],
  build: ['context', 'dockerfile'],
};

/** What the same thing is called here. */
const synonyms: Readonly<Record<string, string>> = {
  environment: 'env',
  envs: 'env',
  environ: 'env',
  entrypoint: 'command',
  cmd: 'command',
  run: 'command',
  exec: 'command',
  script: 'command',
  working_dir: 'cwd',
  workdir: 'cwd',
  working_directory: 'cwd',
  dir: 'cwd',
  directory: 'cwd',
  container_name: 'label',
  title: 'label',
  instances: 'replicas',
  scale: 'replicas',
  dockerfile: 'build: {dockerfile: …}',
  includes: 'include',
  imports: 'include',
  stop_grace_period: 'stop: {timeout: …}',
  stop_signal: 'stop: {signal: …}',
  after: 'depends_on',
  needs: 'depends_on',
  requires: 'depends_on',
  wait_for: 'depends_on',
  readiness_probe: 'ready',
  readiness: 'ready',
  liveness_probe: 'health',
  liveness: 'health',
  autorestart: 'restart',
  logfile: 'log: {file: …}',
  log_file: 'log: {file: …}',
  profile: 'profiles',
  processes: 'services',
  apps: 'services',
  programs: 'services',
  // The habits of npm scripts and of other tools, for hooks.
  pre_start: 'before_start',
  prestart: 'before_start',
  post_start: 'after_ready',
  poststart: 'after_ready',
  after_start: 'after_ready',
  pre_stop: 'before_stop',
  prestop: 'before_stop',
  post_stop: 'after_stop',
  poststop: 'after_stop',
  pre_up: 'before_up',
  post_up: 'after_up',
  pre_down: 'before_down',
  post_down: 'after_down',
};

/** A path inside its block: the file itself, or one of its `environments`, where the same keys stand. */
export const toBlockPath = (path: Path): Path => (path[0] === 'environments' && path.length > 1 ? path.slice(2) : path);

/** `unknown key "comand" in service "web"; did you mean "command"?` */
export const toUnknownKey = ({ params, parentSchema }: ErrorObject, path: Path): Issue => {
  const key = String(params['additionalProperty']);
  const known = Object.keys((parentSchema?.['properties'] as Record<string, unknown> | undefined) ?? {});
  const inBlock = toBlockPath(path);
  const isService = inBlock.length === 2 && inBlock[0] === 'services';
  const place =
    path.length === 0
      ? ' at the top level'
      : isService
        ? ` in service "${inBlock[1]}"`
        : ` in ${inBlock.length === 0 ? 'environment ' : ''}${toSubject(path)}`;
  const written = `unknown key "${key}"`;
  const at = { severity: 'error', code: 'unknown-key', path: [...path, key], atKey: true } as const;
  const isFields = isService || (inBlock.length === 1 && inBlock[0] === 'defaults');

  // A field spelled in another style needs no more words than its right spelling.
  const restyled = key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`).replaceAll('-', '_');
  if (restyled !== key && known.includes(restyled)) return { ...at, message: written, hint: `did you mean "${restyled}"?` };

  const message = `${written}${place}`;
  if (key === '__proto__') return { ...at, message, hint: 'remove it' };
  if (isFields) {
    const homes = Object.keys(nestedKeys).filter((home) => nestedKeys[home]?.includes(key));
    if (homes.length > 0 && !Object.hasOwn(synonyms, key)) {
      return { ...at, message, hint: `it belongs under ${homes.map((home) => `"${home}"`).join(' or ')}` };
    }
  }
  if (path.at(-1) === 'health' && (key === 'log' || key === 'notify' || key === 'file'))
    return { ...at, message, hint: 'it belongs under "ready"' };
  const synonym = own(synonyms, key) ?? own(synonyms, restyled);
  const target = synonym !== undefined && known.includes(synonym.replace(/:.*/, '')) ? synonym : didYouMean(key, known);
  if (target !== null) return { ...at, message, hint: `did you mean "${target}"?` };
  const shown = known.slice(0, 3).join(', ');
  return {
    ...at,
    message,
    hint: known.length === 0 ? 'remove it' : `remove it; known keys: ${shown}${known.length > 3 ? ', …' : ''}`,
  };
};
