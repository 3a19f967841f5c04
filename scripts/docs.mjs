// schemas/services.schema.json → docs/fields.md, and the two field tables of the README. `--check` writes nothing and fails when
// one of them is not what the schema says; test/house/readme.test.ts asks that.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const at = (file) => path.join(root, file);
const schema = JSON.parse(readFileSync(at('schemas/services.schema.json'), 'utf8'));

/** What a reader calls the values of each definition. One that is missing here stops the script. */
const types = {
  text: 'text',
  word: 'text',
  boolean: '`true`, `false`',
  count: 'whole number',
  positive: 'whole number ≥ 1',
  factor: 'number ≥ 1',
  exitCode: '0–255',
  duration: 'duration',
  delay: 'duration',
  size: 'size',
  command: 'text, or list',
  port: 'port, or `auto`',
  ports: 'list, or map of name to port',
  portRange: '`LOW-HIGH`, or `[LOW, HIGH]`',
  env: 'map, or list of `NAME=value`',
  files: 'path, or list',
  replicas: 'whole number, 0–1000',
  build: 'path, or map',
  expose: '`true`, `false`, or host name',
  resources: 'map',
  limits: 'map',
  cpu: 'number, or `250m`',
  memory: 'size',
  globs: 'glob, or list',
  names: 'list',
  dependsOn: 'name, list, or map',
  pattern: 'regular expression',
  status: 'code, `2xx`, range, or list',
  tcp: 'port, `host:port`, or `true`',
  headers: 'map',
  method: 'text',
  health: 'map',
  ready: 'map',
  healthcheck: 'map',
  restart: 'policy, or map',
  stop: 'map',
  log: 'map',
  watch: 'glob, list, or map',
  hook: 'command, or map',
  hooks: 'map',
  stackHooks: 'map',
  webhooks: 'address, map, or list of both',
  webhook: 'address, or map',
  notifyEvent: 'name',
  fields: 'map of service fields',
};

/** For fields without a definition; an empty value (null) goes without saying. */
const plainTypes = { string: 'text', number: 'number', object: 'map', array: 'list' };

/** Where the fields of a map are told. */
const homes = {
  depends_on: 'depends_on',
  health: 'health-and-ready',
  ready: 'health-and-ready',
  healthcheck: 'healthcheck',
  restart: 'restart',
  stop: 'stop',
  log: 'log',
  watch: 'watch',
  hooks: 'hooks',
  notify: 'notify',
  environments: 'environments',
  build: 'build-and-resources',
  resources: 'build-and-resources',
};

/** What is as at the top level is described there. */
const topLevelOf = ({ $ref }) =>
  $ref?.startsWith('#/properties/') ? schema.properties[$ref.replace('#/properties/', '')] : null;

const definitionOf = ({ $ref }) => ($ref === undefined ? null : $ref.replace('#/$defs/', ''));

const toType = (name, written) => {
  const field = topLevelOf(written) ?? written;
  const definition = definitionOf(field);
  const values = (definition === null ? field : schema.$defs[definition]).enum;
  if (values !== undefined) return values.map((value) => `\`${value}\``).join(', ');
  if (field.const !== undefined) return `\`${field.const}\``;
  if (definition === null)
    return [field.type]
      .flat()
      .flatMap((type) => plainTypes[type] ?? [])
      .join(', or ');
  if (types[definition] === undefined) throw new Error(`${name}: say in scripts/docs.mjs what a reader calls "${definition}"`);
  return types[definition];
};

const escape = (text) => text.replaceAll('|', '\\|').replaceAll('<', '&lt;');

/** The last sentence of a description says the default. */
const split = ({ description }, isRequired) => {
  const none = isRequired ? '(required)' : '–';
  const [, meaning = description, value = none] = /^(.*?)\s*Default: (.+)\.$/s.exec(description) ?? [];
  return { meaning: escape(meaning), value: escape(value) };
};

const toYaml = (value) =>
  stringify(value, { collectionStyle: 'flow', lineWidth: 0 })
    .trim()
    .replaceAll('{ ', '{')
    .replaceAll(' }', '}')
    .replaceAll('[ ', '[')
    .replaceAll(' ]', ']');

const toExamples = (name, { examples }) =>
  examples.map((example) => `\`${escape(`${name}: ${toYaml(example)}`).replaceAll('&lt;', '<')}\``).join('<br>');

const toLink = (name, prefix) => (Object.hasOwn(homes, name) ? `[\`${name}\`](${prefix}#${homes[name]})` : `\`${name}\``);

const row = (cells) => `| ${cells.join(' | ')} |`;

const entriesOf = (properties) => Object.entries(properties).filter(([, field]) => typeof field === 'object');
/** `required`: names that the map of these fields cannot do without; the same name may be free to leave out of another. */
const fullTable = (properties, { required = [], link = (name) => `\`${name}\`` } = {}) => [
  row(['field', 'type', 'meaning', 'default', 'example']),
  '|---|---|---|---|---|',
  ...entriesOf(properties).map(([name, field]) => {
    const { meaning, value } = split(field, required.includes(name));
    return row([link(name), toType(name, field), meaning, value, toExamples(name, field)]);
  }),
];

const shortTable = (properties, required) => [
  row(['field', 'type', 'meaning', 'default']),
  '|---|---|---|---|',
  ...entriesOf(properties).map(([name, field]) => {
    const { meaning, value } = split(field, required.includes(name));
    return row([toLink(name, 'docs/fields.md'), toType(name, field), meaning, value]);
  }),
];

const stack = schema.properties;
const service = schema.$defs.fields.properties;
const serviceRequired = schema.$defs.service.required;
const {
  health,
  ready,
  healthcheck,
  restart,
  stop,
  log,
  watch,
  hook,
  hooks,
  stackHooks,
  webhook,
  dependency,
  overrides,
  build,
  resources,
  limits,
} = schema.$defs;
const inner = (name) => toLink(name, '');

const fieldsPage = () =>
  [
    '# Every field of `services.yaml`',
    '',
    '<!-- Written by `node scripts/docs.mjs` from schemas/services.schema.json; a test fails when it is not current. -->',
    '',
    'An editor that reads JSON Schema completes and explains the same fields, with this first line in the file, where muster is',
    'installed in the project (`muster init` and `import` write it then); else with the path of wherever it is installed:',
    '',
    '```yaml',
    '# yaml-language-server: $schema=./node_modules/muster/schemas/services.schema.json',
    '```',
    '',
    '- **Durations** carry a unit: `500ms`, `2s`, `1m30s`, `1.5h`. Only 0 may go without.',
    '- **Sizes**: `4096`, `64KB`, `10MB`, `1GiB`.',
    '- **Paths** are relative to the folder of the stack file.',
    '- **`x-` keys** are free at every level: a place for anchors and notes.',
    '- **Variables**: `${NAME}`, `${NAME:-value}`, `${NAME:?message}`, and `${service.port}`, `${service.host}`, `${service.url}`; `$$` is a `$`.',
    '  Without the colon (`${NAME-value}`, `${NAME?message}`) an empty one counts as set.',
    '- A default of – means: none, nothing happens.',
    '',
    '## The stack',
    '',
    ...fullTable(stack, { required: schema.required }),
    '',
    '## A service',
    '',
    ...fullTable(service, { required: serviceRequired, link: inner }),
    '',
    '## depends_on',
    '',
    'A name, a list of names, or a map of name to these fields. A name alone, or an empty map, has all defaults.',
    '',
    ...fullTable(dependency.properties),
    '',
    '`required` is true and `restart` false where nothing is said; an edge to an optional service is never required. The `service_…`',
    "conditions are Compose's words for the same three.",
    '',
    '## health and ready',
    '',
    `\`health\` has one of ${['http', 'tcp', 'exec'].map((kind) => `\`${kind}\``).join(', ')}; \`ready\` has one of these or of \`log\`, \`notify\`, \`file\`. \`health\` with only a pace`,
    '(`health: {interval: 2s}`) keeps the check of the first port. A task has neither: it is done when it has ended.',
    '',
    ...fullTable({ ...health.properties, ...ready.properties }),
    '',
    '## healthcheck',
    '',
    "Compose's spelling of `health` with a command. A service has `health`, `health_url` or `healthcheck`, not two of them.",
    '',
    ...fullTable(healthcheck.properties),
    '',
    '## restart',
    '',
    'A policy alone, or a map. `no` and `false` mean the same.',
    '',
    'It holds for a task as well: one that fails (a migration, say) is tried five times more, 31 s in all, before it has failed. Write `restart: no`',
    'for what must not run a second time by itself, or `never_on` for exit codes that no further try will mend; `defaults: {restart: no}` says it for all.',
    '',
    ...fullTable(restart.then.properties),
    '',
    '## stop',
    '',
    ...fullTable(stop.properties),
    '',
    "The command runs in the service's folder and environment, with its pid in `MAINPID`. When it fails, the signal is sent after all.",
    '',
    '## log',
    '',
    ...fullTable(log.properties),
    '',
    'Kept files are `<file>.1` (the newest) and so on. With `split`, stderr goes to the same name with `.err.log` at its end.',
    '',
    'A service writes its log itself and is never made to wait for muster. So the file can be longer than `max_size` by what comes while a',
    'rotation is under way (as long as `max_size` takes to be copied to the disk) and in the 50 ms after it; where several logs flood at once, up to half a second.',
    'Measured on two busy cores: 1 to 2 MB beyond 1 MB at 5 MB a second, 27 to 33 MB beyond 10 MB at 50 MB a second. What more has come by then than all',
    'kept files hold is taken out from the front, so that a flood ends within (`keep` + 1) × `max_size`. Where nothing can be taken out of a file that is written',
    '(see [platforms](platforms.md)), it grows until its service starts again.',
    '',
    '## watch',
    '',
    'Globs alone, or a map of',
    '',
    ...fullTable(watch.properties),
    '',
    'A folder stands for all that is in it. What a `.gitignore` names (also one of a folder further down, and of the repository around the',
    "project), `node_modules`, `.git`, the logs, the memory, the stack's own files and what editors leave beside a file never count; links are not",
    'followed. Changes that come within `debounce` of each other are one restart. It takes along those whose edge says `restart: true`, is none',
    'of the tries that `restart` counts, and also brings back what has failed. A service that changes a watched file itself would restart for',
    'ever: that is noticed after three times, told with the name of the file, and its watching pauses until it is started by hand.',
    '',
    '## hooks',
    '',
    'Of a service:',
    '',
    ...fullTable(hooks.properties),
    '',
    'Each is a command, or a map of',
    '',
    ...fullTable(hook.properties, { required: hook.required }),
    '',
    "A hook runs in the service's folder and environment (with `PORT`, `MUSTER_HOOK`, its own name, and `MAINPID` while the service runs); what it",
    'prints goes into the log of the service. When it is over, nothing that it has started lives on. `before_start` runs before every attempt,',
    'also before those that the restart policy makes, which it is one of when it fails; a stop asks it to end as it would the service.',
    '`after_ready` runs once for each attempt, and is ended with the service. `before_stop` and `after_stop` belong to the stops that muster',
    'makes (`stop`, `down`, a restart, a lost dependency), not to an end by itself; a second Ctrl-C and `shutdown_deadline` cut them short.',
    'A `down` after muster was killed (`kill -9`) takes over what still runs and stops it as any other: with its stop command and hooks, as the',
    'file then says. Where the file is broken by then, or no longer has the service, it gets SIGTERM, and SIGKILL after the grace.',
    'Hooks are no part of what the running service is compared by: a change of one takes effect from its next use on.',
    '',
    'Of the stack:',
    '',
    ...fullTable(stackHooks.properties),
    '',
    "They run in the project's folder, with the `env` of the stack, and print into `logs/muster.hooks.log`. Only those of the stack's own file are",
    'run, not those of files that it includes. A further `up` on a stack that runs, and one that takes over what a killed supervisor left,',
    'run neither `before_up` nor `after_up`: the stack was never down. A `down` that finds only what a killed supervisor left runs `before_down`',
    '(if the stack was up and something of it still runs) and `after_down`.',
    '',
    '## notify',
    '',
    'An address, a map of these fields, or a list of both:',
    '',
    ...fullTable(webhook.properties, { required: webhook.required }),
    '',
    `Events: ${schema.$defs.notifyEvent.enum.map((name) => `\`${name}\``).join(', ')}.`,
    '',
    'Each is a POST with a body like',
    '',
    '```json',
    '{',
    '  "event": "serviceFailed",',
    '  "at": "2026-11-29T10:02:03.456Z",',
    '  "text": "shop: api failed: exited with code 1 before it was ready",',
    '  "stack": {"name": "shop", "environment": "development"},',
    '  "service": {"name": "api", "label": "Web API", "state": "failed", "from": "starting", "attempt": 6, "restarts": 5, "reason": "exited with code 1 before it was ready"}',
    '}',
    '```',
    '',
    'and the headers `X-Muster-Event`, `X-Muster-Delivery` (the same for each try of one event) and, with a `secret`, `X-Muster-Signature`:',
    '`sha256=` and the HMAC-SHA256 of the body, in hexadecimal digits. Events of the stack have no `service`, and `verdict` or `survivors` instead.',
    'Nothing in it comes from the environment or from what a program has printed. Any answer of 2xx is a success; after an error, a time-out, 408, 429 or',
    '5xx it is tried three times more, after 0.5, 1 and 2 s, and a failure is told once. Events arrive in order, up to 500 wait, and nobody waits for them:',
    'neither the boot nor the stop of a service; at the end, what is left has 3 s. Redirects are not followed. Only the `notify` of the stack file itself',
    'counts, not that of files that it includes.',
    '',
    '## environments',
    '',
    'A map of name to what differs there. A map is merged field by field, also inside `env`, `depends_on`, `health`, `restart`, `stop`, `log`, `watch`;',
    'a list and everything else replaces what was there. A mistake inside is told at its own line, and checked in that environment only.',
    '',
    ...fullTable(overrides.properties),
    '',
    '## build and resources',
    '',
    'Only used on a cluster; checked, and otherwise left alone on this machine. `build` is a folder, or a map of',
    '',
    ...fullTable(build.properties),
    '',
    '`resources` is a map of these, and `limits` again one of `cpu` and `memory`.',
    '',
    ...fullTable({ ...limits.properties, ...resources.properties }),
    '',
    '',
  ].join('\n');

/** The README between `<!-- fields: NAME -->` and the next `<!-- /fields -->`. */
const fillIn = (text, name, lines) => {
  const [start, end] = [`<!-- fields: ${name} -->\n`, '<!-- /fields -->'];
  const from = text.indexOf(start) + start.length;
  const to = text.indexOf(end, from);
  if (from < start.length || to < 0) throw new Error(`README.md has no place for the fields of the ${name}`);
  return `${text.slice(0, from)}\n${lines.join('\n')}\n\n${text.slice(to)}`;
};

const readmePage = () => {
  const text = readFileSync(at('README.md'), 'utf8');
  return fillIn(fillIn(text, 'stack', shortTable(stack, schema.required)), 'service', shortTable(service, serviceRequired));
};

const isCheck = process.argv.includes('--check');
for (const [file, make] of [
  ['docs/fields.md', fieldsPage],
  ['README.md', readmePage],
]) {
  const wanted = make();
  const present = readFileSync(at(file), { encoding: 'utf8', flag: isCheck ? 'r' : 'a+' });
  if (present === wanted) continue;
  if (isCheck) {
    console.error(`${file} is not what the schema says; run \`node scripts/docs.mjs\``);
    process.exitCode = 1;
  } else writeFileSync(at(file), wanted);
}
