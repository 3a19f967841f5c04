import type { ServiceName } from '../../../domain/service.ts';
import { followFile } from '../../../runtime/logs/follow.ts';
import { readBack } from '../../../runtime/logs/read-back.ts';

type LogFiles = ReadonlyMap<ServiceName, readonly string[]>;

export type LogBuffer = {
  /** Those that are not followed yet, too. */
  follow(files: LogFiles): Promise<void>;
  /** Oldest first. Null: of all services, in the order in which they came. */
  lines(name: ServiceName | null): readonly { readonly name: ServiceName; readonly text: string }[];
  stop(): void;
};

/** Lines that are kept of each service. */
const longest = 500;
/** Lines of each that were there before. */
const before = 100;

type Line = { readonly name: ServiceName; readonly text: string; readonly at: number };

/** The newest lines of each service, from now on and a little before. */
export const bufferLogs = async (files: LogFiles, mask: (text: string) => string, onLines: () => void): Promise<LogBuffer> => {
  const kept = new Map<ServiceName, Line[]>();
  let count = 0;
  const add = (name: ServiceName, texts: readonly string[]): void => {
    const lines = kept.get(name) ?? [];
    for (const text of texts) {
      count += 1;
      lines.push({ name, text: mask(text), at: count });
    }
    if (lines.length > longest) lines.splice(0, lines.length - longest);
    kept.set(name, lines);
  };
  const followers = new Map<string, { stop(): void }>();
  const follow = async (more: LogFiles): Promise<void> => {
    for (const [name, paths] of more) for (const path of paths) await followOne(name, path);
  };
  const followOne = async (name: ServiceName, path: string): Promise<void> => {
    if (followers.has(path)) return;
    const what = { path, count: before, wants: null, since: null, isFollowed: true };
    const from = await readBack(what, async ({ texts }) => {
      add(name, texts);
      return true;
    });
    const onNew = (lines: readonly { readonly text: string }[]): void => {
      add(
        name,
        lines.map(({ text }) => text),
      );
      onLines();
    };
    followers.set(path, followFile({ path, stream: 'stdout', from, onLines: onNew }));
  };
  await follow(files);
  return {
    follow,
    lines: (name) =>
      name === null
        ? [...kept.values()]
            .flat()
            .sort((a, b) => a.at - b.at)
            .slice(-longest)
        : (kept.get(name) ?? []),
    stop: () => {
      for (const follower of followers.values()) follower.stop();
    },
  };
};
