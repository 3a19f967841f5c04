import { buildGraph } from '../../../domain/graph.ts';
import { toPlan } from '../../../domain/plan.ts';
import { type Preview, toFreshPreview } from '../../../domain/preview.ts';
import type { Stack } from '../../../domain/service.ts';
import type { Memory } from '../../../runtime/memory-file.ts';
import { findCaches, tellPath } from '../../session/cleaning.ts';
import { findPlace, isConnectionError } from '../connect.ts';
import type { CommandContext } from '../context.ts';
import { findOtherFile, tellOther } from '../other-file.ts';
import { readMemory } from '../read-memory.ts';
import { type PlanInput, type Running, renderPlan } from '../render/plan.ts';
import { renderPreview } from '../render/preview.ts';
import { createTheme } from '../render/theme.ts';

export const run = async (context: CommandContext): Promise<number> => {
  const { args, stdout, stderr, env, load } = context;
  const loaded = await load({ only: args.positionals, noDeps: args.flag('no-deps') });
  if (loaded === null) return 2;
  const { stack } = loaded;
  const memory = await readMemory(stack.root, stderr);
  const { readMachineClass } = await import('../../../runtime/memory-file/machine.ts');
  const running = await findRunning(stack, await toRecorded(stack, memory, env));
  const occasion = { machine: readMachineClass(env), warm: running.size > 0 };
  const plan = toPlan(stack, buildGraph(stack.services), memory.history, occasion);
  const caches = args.flag('fresh') ? (await findCaches(stack)).map((item) => tellPath(stack, item)) : null;
  const preview = await findPreview(context, stack);
  const input: PlanInput = { stack, plan, running };
  const width = stdout.columns();
  if (args.flag('json'))
    stdout.line(
      JSON.stringify(
        {
          ...toPlanData(input),
          ...(caches === null ? {} : { clean: caches }),
          ...(preview === null ? {} : { changes: preview }),
        },
        null,
        2,
      ),
    );
  else {
    const { colour, unicode } = stdout;
    const theme = createTheme(stdout);
    const told = preview === null ? [] : renderPreview(preview, theme, width);
    const lines = [...renderPlan(input, { colour, unicode, width }), ...told];
    stdout.lines(lines.map((line) => theme.cut(line, width)));
  }
  if (!args.flag('json')) stdout.lines((caches ?? []).map((file) => `would remove ${file}`));
  return 0;
};

/** What a further `up` would do where the stack runs; null: it does not, or under nobody who could be asked. */
const findPreview = async (context: CommandContext, stack: Stack): Promise<Preview | null> => {
  const [place, { connectControl }] = await Promise.all([findPlace(context, false), import('../../control/client.ts')]);
  if (!place.ok) return null;
  const found = await connectControl(place.folder);
  if (!found.ok) {
    if (found.why === 'version') found.close();
    return null;
  }
  try {
    const { toApplyRequest } = await import('../attach/bring-up.ts');
    const request = toApplyRequest(context, stack);
    const other = findOtherFile(context, await found.snapshot(), request.file);
    if (other !== null) context.stderr.line(`muster: ${tellOther(other)}`);
    const result = await found.preview(request);
    if (!result.ok) return null;
    const { started, restarted, stopped, kept } = result;
    const preview = { started, restarted, stopped, kept };
    return context.args.flag('fresh') ? toFreshPreview(preview) : preview;
  } catch (error) {
    if (!isConnectionError(error)) throw error;
    return null;
  } finally {
    found.close();
  }
};

const toRecorded = async ({ root }: Stack, memory: Memory, env: CommandContext['env']): Promise<Memory['running']> =>
  (await import('../../recorded.ts')).readRecorded(root, memory, env);

/** Recorded, and alive: the very process, not another one with its number. */
const findRunning = async (stack: Stack, running: Memory['running']): Promise<Map<string, Running>> => {
  const found = new Map<string, Running>();
  const entries = Object.entries(running).filter(([name]) => stack.services.has(name));
  if (entries.length === 0) return found;
  const { readIdentity } = await import('../../../runtime/processes/read-identity.ts');
  for (const [name, { process, definitionHash }] of entries) {
    const alive = process === null ? null : readIdentity(process.pid);
    if (process === null || alive?.startTime !== process.startTime || alive.bootId !== process.bootId) continue;
    found.set(name, { pid: process.pid, unchanged: stack.services.get(name)?.definitionHash === definitionHash });
  }
  return found;
};

/** Times in whole milliseconds since the boot begins; null where the memory has nothing to go by. */
const toPlanData = ({ stack, plan, running }: PlanInput): Readonly<Record<string, unknown>> => {
  const known = plan.memory !== 'none';
  const ms = (value: number): number | null => (known ? Math.round(value) : null);
  return {
    name: stack.name,
    environment: stack.environment,
    maxParallel: plan.maxParallel,
    memory: plan.memory,
    total: plan.total === null ? null : Math.round(plan.total),
    critical: known ? plan.critical : [],
    services: [...plan.services.values()].map(({ name, depth, releasedBy, expected, start, ready, slack, critical }) => {
      const service = stack.services.get(name);
      return {
        name,
        type: service?.type,
        optional: service?.optional,
        depth,
        dependsOn: service?.dependsOn.map(({ on, condition, required }) => ({ on, condition, required })),
        releasedBy: known ? releasedBy : null,
        ports: service?.ports.map(({ name: port, wanted }) => ({ name: port, port: wanted })),
        portConflict: service?.portConflict,
        expected: expected === null ? null : Math.round(expected),
        start: ms(start),
        ready: ms(ready),
        slack: ms(slack),
        critical: known && critical,
        running: running.get(name) ?? null,
      };
    }),
  };
};
