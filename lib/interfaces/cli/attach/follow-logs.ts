import type { ServiceName } from '../../../domain/service.ts';
import { plainFileAt } from '../../../runtime/logs/file-facts.ts';
import { followFile } from '../../../runtime/logs/follow.ts';
import type { LogLine } from '../../../runtime/logs.ts';

/** The output files of each service: the first holds stdout, a second one stderr. */
export type LogFiles = ReadonlyMap<ServiceName, readonly string[]>;

export type FollowedLogs = {
  /** Those that are not followed yet, too. */
  add(files: LogFiles): void;
  drain(): Promise<void>;
  stop(): void;
};

/** Shows what the services write from now on. */
export const followLogs = (files: LogFiles, show: (name: ServiceName, lines: readonly LogLine[]) => void): FollowedLogs => {
  const followers = new Map<string, ReturnType<typeof followFile>>();
  /** `from`: of a file that is not there yet everything is new. */
  const add = (more: LogFiles): void => {
    for (const [name, paths] of more) {
      paths.forEach((path, index) => {
        if (followers.has(path)) return;
        const stream = index === 0 ? 'stdout' : 'stderr';
        const from = plainFileAt(path) === null ? 0 : 'end';
        followers.set(path, followFile({ path, stream, from, onLines: (lines) => show(name, lines) }));
      });
    }
  };
  add(files);
  return {
    add,
    drain: async () => {
      await Promise.all([...followers.values()].map((follower) => follower.drain()));
    },
    stop: () => {
      for (const follower of followers.values()) follower.stop();
    },
  };
};
