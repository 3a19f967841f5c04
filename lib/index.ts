/**
 * muster as a library. `createStack` defines and runs a whole stack; the process manager, the monitor and the state store are
 * its parts, each of use alone. Below them the whole way, one function a step: `loadStack` (text → positions → interpolation →
 * schema → model), `buildGraph`, `toPlan`, then a supervisor that turns events into states, the run it records, and statistics
 * of many runs.
 */

export { type Loaded, type LoadOptions, loadStack } from './config/load.ts';
export { type CriticalPath, type Segment, toCriticalPath } from './domain/critical-path.ts';
export { type Diagnostic, type DiagnosticCode, formatDiagnostic, hasErrors, sortDiagnostics } from './domain/diagnostic.ts';
export type { Change, Effect, ServiceEvent } from './domain/events.ts';
export { buildGraph, type ServiceGraph } from './domain/graph.ts';
export type { History, RunRecord, ServiceTimeline } from './domain/history.ts';
export { exitCodeOf, type Outcome, type RootCause } from './domain/outcome.ts';
export { type Plan, type PlannedService, toPlan } from './domain/plan.ts';
export type { BoundPort, Exit, ProcessIdentity, Survivor } from './domain/process.ts';
export type { Dependency, Probe, RestartPolicy, Service, Stack as StackModel } from './domain/service.ts';
export type { ServiceSnapshot, StackSnapshot } from './domain/snapshot.ts';
export {
  type Holder,
  type Orphan,
  type StackEvent,
  type StackEventOf,
  type StackEventType,
  stackEventTypes,
} from './domain/stack-events.ts';
export type { Failure, ServiceRecord, ServiceState, StateKind } from './domain/state.ts';
export { type Stats, toStats } from './domain/stats.ts';
export type { FailureFacts, StackControl, Why } from './interfaces/control.ts';
export type { ServiceDefinition, StackFields } from './interfaces/library/definition.ts';
export type { Emitter } from './interfaces/library/emitter.ts';
export type { Result, StackError, StackErrorKind } from './interfaces/library/errors.ts';
export type { Events, EventsOptions } from './interfaces/library/events.ts';
export type { FileSource, StackPlace } from './interfaces/library/load.ts';
export { createMonitor, type Monitor, type MonitorDefinition, type MonitorOptions } from './interfaces/library/monitor.ts';
export type { Orphans } from './interfaces/library/orphans.ts';
export type { ProcessDefinition } from './interfaces/library/process-definition.ts';
export {
  createProcessManager,
  type ManagedProcess,
  type ProcessManager,
} from './interfaces/library/process-manager.ts';
export type { StartOptions } from './interfaces/library/run-session.ts';
export { createStack, fromFile, type Health, type Stack, type StackOptions, type Up } from './interfaces/library/stack.ts';
export { createStateStore, type State, type StateStore } from './interfaces/library/state-store.ts';
export type { Watched } from './interfaces/library/watch-health.ts';
