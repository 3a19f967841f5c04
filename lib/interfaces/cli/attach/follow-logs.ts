import type { ServiceName } from '../../../domain/service.ts';
import { followFile } from '../../../runtime/logs/follow.ts';
import type { LogLine } from '../../../runtime/logs.ts';

/** The output files of each service: the first holds stdout, a second one stderr. */
export type LogFiles = ReadonlyMap<ServiceName, readonly string[]>;

export type FollowedLogs = { drain(): Promise<void>; stop(): void };

/** Shows what the services write from now on. */
export const followLogs = (files: LogFiles, show: (name: ServiceName, lines: readonly LogLine[]) => void): FollowedLogs => {
  const followers = [...files].flatMap(([name, paths]) =>
    paths.map((path, index) =>
      followFile({ path, stream: index === 0 ? 'stdout' : 'stderr', from: 'end', onLines: (lines) => show(name, lines) }),
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
