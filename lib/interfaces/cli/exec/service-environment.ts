import { fixedPorts } from '../../../domain/fixed-ports.ts';
import type { BoundPort } from '../../../domain/process.ts';
import { findAddressee } from '../../../domain/replicas.ts';
import type { Service, ServiceName, Stack } from '../../../domain/service.ts';
import { type Address, renderEnvironment } from '../../../supervisor/addresses.ts';
import { connectControl } from '../../control/client.ts';
import { findPlace, isConnectionError } from '../connect.ts';
import type { CommandContext } from '../context.ts';
import { findOtherThanNamed, tellOther } from '../other-file.ts';
import { readMemory } from '../read-memory.ts';

/** What a service would be started with here and now. */
export type ServiceEnvironment = {
  readonly service: Service;
  readonly env: Readonly<Record<string, string>>;
  /** Those that it is told. */
  readonly ports: readonly BoundPort[];
  readonly environment: string;
  /** `run`: addresses as they really are; `plan`: nothing runs, and these are those that the next boot would have. */
  readonly addresses: 'run' | 'plan';
};

/** The ports that services really have. Null: nothing runs here, as far as we can see. */
type Run = { readonly environment: string; readonly ports: ReadonlyMap<ServiceName, readonly BoundPort[]> } | null;

/**
 * The environment of a service: that of the caller, then its own, its env files and its ports, with the addresses of the
 * others as they are on this run. Null: it was told why not, and the exit code is 2.
 */
export const findServiceEnvironment = async (context: CommandContext, name: ServiceName): Promise<ServiceEnvironment | null> => {
  const running = await readRunning(context);
  // A program that is missing may be what the command is to install.
  const request = { checkSystem: false, ...(running === null ? {} : { environment: running.environment }) };
  const whole = await context.read(request);
  // One of an inactive profile takes part when it is named; and so does one beside which others are broken.
  const isThere = whole.stack !== null && findAddressee(whole.stack.services, name) !== undefined;
  const stack = isThere ? whole.stack : ((await context.load({ ...request, only: [name] }))?.stack ?? null);
  if (stack === null) return null;
  // Of several replicas, the first.
  const service = findAddressee(stack.services, name);
  if (service === undefined) {
    context.stderr.line(`muster: service "${name}" has no instance (replicas: 0)`);
    return null;
  }
  const { services } = stack;
  const run = running ?? (await readLeft(context, stack));
  const planned = run === null ? await planAddresses(stack) : new Map<ServiceName, readonly BoundPort[]>();
  const portsOf = (one: Service): readonly BoundPort[] => {
    const known = run?.ports.get(one.name) ?? planned.get(one.name) ?? [];
    return known.length > 0 ? known : fixedPorts(one);
  };
  const addressOf = (other: ServiceName): Address | null => {
    const found = findAddressee(services, other);
    return found === undefined ? null : { host: found.host, ports: portsOf(found) };
  };
  const ports = portsOf(service);
  const env = renderEnvironment({ service, ports, base: context.env, addressOf });
  return { service, env, ports, environment: stack.environment, addresses: run === null ? 'plan' : 'run' };
};

const readRunning = async (context: CommandContext): Promise<Run> => {
  const place = await findPlace(context, false);
  if (!place.ok) return null;
  const found = await connectControl(place.folder);
  if (!found.ok) {
    if (found.why === 'version') found.close();
    if (found.why !== 'none') context.stderr.line(`muster: the addresses are those that are planned: ${found.reason}`);
    return null;
  }
  try {
    const { environment, services, ...rest } = await found.snapshot();
    const other = findOtherThanNamed(context, rest);
    if (other !== null) {
      context.stderr.line(`muster: the addresses are those that are planned: ${tellOther(other)}`);
      return null;
    }
    return { environment, ports: new Map(services.map(({ name, ports }) => [name, ports])) };
  } catch (error) {
    if (!isConnectionError(error)) throw error;
    return null;
  } finally {
    found.close();
  }
};

/** What a killed supervisor has left runs on at the ports that it wrote down. */
const readLeft = async ({ stderr }: CommandContext, { root, environment }: Stack): Promise<Run> => {
  const { running, supervisor } = await readMemory(root, stderr);
  if (supervisor === null) return null;
  return { environment, ports: new Map(Object.entries(running).map(([name, { ports }]) => [name, ports])) };
};

/** The ports that the next boot would choose; nothing is bound or ended for it. */
const planAddresses = async (stack: Stack): Promise<ReadonlyMap<ServiceName, readonly BoundPort[]>> => {
  const [{ openSystem }, { planPorts }] = await Promise.all([
    import('../../../supervisor/system.ts'),
    import('../../../supervisor/port-plan.ts'),
  ]);
  const { claimPorts } = openSystem({ isRunning: () => false, recorded: () => [] }, () => undefined);
  return planPorts({ stack, claimPorts, project: 'plan' });
};
