/**
 * muster as a library. The whole way, one function a step: `loadStack` (text → positions → interpolation → schema → model),
 * `buildGraph`, `toPlan`, then a supervisor that turns events into states, the run it records, and statistics of many runs.
 */

export { type Loaded, type LoadOptions, loadStack } from './config/load.ts';
export { type CriticalPath, type Segment, toCriticalPath } from './domain/critical-path.ts';
export { type Diagnostic, formatDiagnostic, hasErrors, sortDiagnostics } from './domain/diagnostic.ts';
export type { Change, Effect, ServiceEvent } from './domain/events.ts';
export { buildGraph, type ServiceGraph } from './domain/graph.ts';
export type { History, RunRecord, ServiceTimeline } from './domain/history.ts';
export { exitCodeOf, type Outcome, type RootCause } from './domain/outcome.ts';
export { type Plan, type PlannedService, toPlan } from './domain/plan.ts';
export type { Dependency, Probe, RestartPolicy, Service, Stack } from './domain/service.ts';
export type { ServiceSnapshot, StackSnapshot } from './domain/snapshot.ts';
export type { Failure, ServiceRecord, ServiceState, StateKind } from './domain/state.ts';
export { type Stats, toStats } from './domain/stats.ts';
