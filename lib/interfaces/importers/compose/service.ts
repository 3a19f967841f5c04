import { portVariableOf } from '../../../domain/port-variables.ts';
import type { DraftField, DraftService, DraftValue } from '../draft.ts';
import { toLiteral } from '../literal.ts';
import { createReader } from '../reader.ts';
import { portNote, withPortPerReplica } from '../replica-ports.ts';
import type { MapTree } from '../tree.ts';
import { toCommandFields } from './command.ts';
import type { ComposeContext } from './context.ts';
import { toDependsOn } from './depends.ts';
import { toEnvFields } from './environment.ts';
import { readExtension } from './extension.ts';
import { toHealthcheck } from './healthcheck.ts';
import { toRestart, toSizes, toStop } from './policies.ts';
import { toPortFields } from './port-plan.ts';
import { deployReasons, serviceReasons } from './reasons.ts';

/** One service of a Compose file as one of `services.yaml`. */
export const toService = (written: string, tree: MapTree, context: ComposeContext): DraftService => {
  const { ledger } = context;
  const name = context.names.get(written) ?? written;
  const service = createReader(tree, ledger);
  if (name !== written) ledger.note(tree, `it is called "${name}" here: muster takes other names than Compose`);
  const deploy = service.map('deploy');
  const plan = context.ports.get(written);
  // They were read before, because every service has to know those of the others.
  for (const key of ['ports', 'expose']) service.entry(key);
  const profiles = service.texts('profiles').map(({ text }) => toLiteral(text));
  const isTask = context.tasks.has(written);
  const fields: readonly DraftField[] = [
    ...(name === written || !/^[^\n]{1,100}$/.test(written) ? [] : [{ key: 'label', value: toLiteral(written) }]),
    ...(isTask ? [{ key: 'type', value: 'task', comment: ['Others wait until it has ended.'] }] : []),
    ...toCommandFields(service, written, context),
    ...toEnvFields(service, written, context),
    ...(plan === undefined ? [] : toPortFields(plan)),
    ...toDependsOn(service, context),
    ...toHealthcheck(service, written, context),
    ...toRestart(service, deploy, isTask, context),
    ...toStop(service, context),
    ...toSizes(service, deploy),
    ...(profiles.length === 0 ? [] : [{ key: 'profiles', value: profiles }]),
  ];
  const extension = readExtension(service, 'x-muster', context);
  const mode = deploy?.text('mode') ?? null;
  if (mode !== null && mode !== 'replicated') deploy?.lose('mode', 'one machine runs as many as "replicas" says');
  deploy?.finish(deployReasons);
  if (service.entry('init')?.value.kind === 'scalar' && service.flag('init') !== true)
    service.lose('init', 'muster ends and reaps whole process trees anyway');
  service.finish(serviceReasons);
  const all = withPortPerReplica(withExtension(fields, extension), () => service.note('environment', portNote));
  return { name, comment: [], fields: all };
};

/** Fields that muster itself exported are over those that were made of Compose's words. */
const withExtension = (fields: readonly DraftField[], extension: Readonly<Record<string, DraftValue>>): readonly DraftField[] => {
  const own = Object.entries(extension).map(([key, value]): DraftField => {
    const below = fields.find((field) => field.key === key)?.value;
    return { key, value: key === 'stop' && isMap(below) && isMap(value) ? { ...below, ...value } : value };
  });
  const hidden = new Set(Object.keys(extension));
  if (hidden.has('health')) hidden.add('healthcheck');
  if (hidden.has('ports')) hidden.add('port');
  return [...fields.filter(({ key }) => !hidden.has(key)), ...own].map((field) => withoutPorts(field, extension['ports']));
};

/** muster gives named ports to the program itself. */
const withoutPorts = (field: DraftField, ports: DraftValue | undefined): DraftField => {
  if (field.key !== 'env' || !isMap(field.value) || !isMap(ports)) return field;
  const given = new Set(Object.keys(ports).map(portVariableOf));
  return { ...field, value: Object.fromEntries(Object.entries(field.value).filter(([key]) => !given.has(key))) };
};

const isMap = (value: DraftValue | undefined): value is { readonly [key: string]: DraftValue } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
