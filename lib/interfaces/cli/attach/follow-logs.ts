import type { ServiceName } from '../../../domain/service.ts';
import { followFile } from '../../../runtime/logs/follow.ts';
import type { LogLine } from '../../../runtime/logs.ts';
import { logFilesOf } from '../../../supervisor/attempts.ts';
import type { Session } from '../../../supervisor/session.ts';

/** Shows what the services write from now on. */
export const followLogs = (
  { stack }: Session,
  show: (name: ServiceName, lines: readonly LogLine[]) => void,
): { drain(): Promise<void>; stop(): void } => {
  const followers = [...stack.services.values()].flatMap((service) =>
    logFilesOf(service).map((path, index) =>
      followFile({ path, stream: index === 0 ? 'stdout' : 'stderr', from: 'end', onLines: (lines) => show(service.name, lines) }),
    ),
  );
  return {
    drain: async () => {
      await Promise.all(followers.map((follower) => follower.drain()));
    },
    stop: () => {
      for (const follower of followers) follower.stop();
    },
  };
};
