import type { ServiceName } from '../../../domain/service.ts';
import type { ServiceSnapshot } from '../../../domain/snapshot.ts';
import type { LogLine } from '../../../runtime/logs.ts';
import type { BootReport, DownResult, FailureFacts, News } from '../../control.ts';

/** What the person, or the program, in front of a stack sees. One implementation a kind of output. */
export type View = {
  /** Once, before anything else. `isJoining`: the stack was there before us. */
  begin(isJoining: boolean): void;
  /** `at` in epoch milliseconds. */
  changed(service: ServiceSnapshot, news: News | null, at: number): void;
  /** One sentence that changes no state. */
  notice(text: string, at: number): void;
  /** The stack is another now; resolves when its services may be shown. */
  applied?(services: readonly ServiceSnapshot[]): Promise<void>;
  logs(name: ServiceName, lines: readonly LogLine[]): void;
  booted(report: BootReport): void;
  /** Services that failed for good after the boot: all there is to say of it, so that their `changed` needs no line. */
  failed(failures: readonly FailureFacts[], at: number): void;
  /** `times`: 1 for the first request, 2 when everybody has one second left, 3 for a kill. */
  stopping(times: number): void;
  stopped(result: DownResult): void;
  /** Leaves the terminal as it was found. */
  close(): void;
};
