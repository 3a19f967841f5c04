import type { Change } from '../../../domain/events.ts';
import type { RootCause } from '../../../domain/outcome.ts';
import type { ServiceName } from '../../../domain/service.ts';
import type { LogLine } from '../../../runtime/logs.ts';
import type { BootResult } from '../../../supervisor/boot.ts';
import type { ShutdownResult } from '../../../supervisor/shutdown.ts';

/** The last lines of what failed, by service. */
export type FailureLogs = ReadonlyMap<ServiceName, readonly string[]>;

/** What the person, or the program, in front of `up` sees. One implementation a kind of output. */
export type View = {
  /** Once, before anything starts. */
  begin(): void;
  changed(changes: readonly Change[]): void;
  /** One sentence that changes no state. */
  notice(text: string): void;
  logs(name: ServiceName, lines: readonly LogLine[]): void;
  booted(result: BootResult, failureLogs: FailureLogs): void;
  /** Services that failed for good after the boot. */
  failed(causes: readonly RootCause[], failureLogs: FailureLogs): void;
  /** `again`: 1 for the first request, 2 when everybody has one second left, 3 for a kill. */
  stopping(again: number): void;
  stopped(result: ShutdownResult): void;
  /** Leaves the terminal as it was found. */
  close(): void;
};
