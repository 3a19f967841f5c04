import { buildGraph } from '../../lib/domain/graph.ts';
import type { Dependency, Probe, Service, ServiceName, Stack } from '../../lib/domain/service.ts';
import { createSupervisor, type Supervisor } from '../../lib/supervisor/supervisor.ts';
import { createFakeRuntime, type FakeRuntime, type Script } from './fake-runtime.ts';

export const aProbe = (overrides: Partial<Probe> = {}): Probe => ({
  check: { kind: 'tcp', host: '127.0.0.1', port: '1' },
  interval: 5_000,
  timeout: 1_000,
  retries: 3,
  successes: 1,
  ...overrides,
});

export const aDependency = (on: ServiceName, overrides: Partial<Dependency> = {}): Dependency => ({
  on,
  condition: 'healthy',
  required: true,
  waitUpTo: null,
  onLoss: 'ignore',
  restart: false,
  ...overrides,
});

const noAmounts = { cpu: null, memory: null };

/** A service with the contract's defaults, and a probe. */
export const aService = (name: ServiceName, overrides: Partial<Service> = {}): Service => ({
  name,
  label: name,
  type: 'service',
  command: { kind: 'direct', program: 'x', args: [] },
  cwd: '/',
  env: {},
  host: '127.0.0.1',
  ports: [],
  portConflict: 'reclaim',
  portRange: null,
  dependsOn: [],
  optional: false,
  startupDelay: 0,
  waitBeforeStart: 0,
  healthTimeout: 60_000,
  ready: aProbe(),
  health: null,
  restart: {
    policy: 'on-failure',
    delay: 1_000,
    maxDelay: 16_000,
    factor: 2,
    max: 5,
    window: 60_000,
    onUnhealthy: false,
    neverOn: [],
  },
  stop: { signal: 'SIGTERM', timeout: 5_000, command: null },
  profiles: [],
  log: { file: `/logs/${name}.log`, maxSize: 10_000_000, keep: 5, split: false },
  inputs: null,
  clean: null,
  watch: null,
  hooks: {},
  cluster: { image: null, build: null, expose: null, resources: { requests: noAmounts, limits: noAmounts } },
  replica: null,
  definitionHash: name,
  ...overrides,
});

export const aTask = (name: ServiceName, overrides: Partial<Service> = {}): Service =>
  aService(name, { type: 'task', ready: null, healthTimeout: null, ...overrides });

export const aStack = (services: readonly Service[], overrides: Partial<Stack> = {}): Stack => ({
  name: 'test',
  root: '/',
  file: 'services.yaml',
  files: ['/services.yaml'],
  clean: [],
  environment: 'development',
  services: new Map(services.map((service) => [service.name, service])),
  maxParallel: null,
  bootTimeout: null,
  shutdownDeadline: 60_000,
  hooks: { commands: {}, env: {} },
  notify: [],
  ...overrides,
});

export type Rig = { readonly supervisor: Supervisor; readonly runtime: FakeRuntime; stateOf(name: ServiceName): string };

/** A real supervisor over a make-believe system. */
export const aRig = (
  stack: Stack,
  scripts: Readonly<Record<ServiceName, readonly Script[]>> = {},
  done = new Map<ServiceName, string>(),
  priority: (name: ServiceName) => number = () => 0,
): Rig => {
  const runtime = createFakeRuntime(scripts);
  const supervisor = createSupervisor({
    stack,
    graph: buildGraph(stack.services),
    runtime,
    priority,
    effects: {
      project: 'test',
      environment: {},
      notifyDir: '/run',
      mayEnd: () => false,
      onReclaim: () => undefined,
      onProblem: () => undefined,
      plannedPorts: () => null,
      done: { get: (name) => done.get(name) ?? null, set: (name, fingerprint) => void done.set(name, fingerprint) },
    },
  });
  return { supervisor, runtime, stateOf: (name) => supervisor.records.get(name)?.state.kind ?? 'unknown' };
};
