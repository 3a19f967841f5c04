/**
 * The ways in which processes get away from whoever started them. Each kind is a line for `/bin/sh -c`; every process that
 * stays writes its pid as a line of $PIDS before it does. `$STAY` is the program of one that stays.
 */
export type Escape = {
  readonly name: string;
  readonly line: string;
  /** How many stay. */
  readonly staying: number;
  /** The first process ends by itself. */
  readonly leaderEnds: boolean;
  /** All of them end on SIGTERM. */
  readonly isPolite: boolean;
};

/** For the environment of every kind. */
export const stay = 'echo $$ >> "$PIDS"; exec sleep 600';

const kind = (name: string, line: string, changes: Partial<Escape> = {}): Escape => ({
  name,
  line,
  staying: 1,
  leaderEnds: false,
  isPolite: true,
  ...changes,
});

const emptied = 'env -i PIDS="$PIDS" PATH="$PATH" sh -c "$STAY"';

export const escapeZoo: readonly Escape[] = [
  kind('a child in the group', 'sh -c "$STAY" & sh -c "$STAY" & wait', { staying: 2 }),
  kind('a grandchild behind a shell that waits', `sh -c 'sh -c "$STAY"; true'; true`),
  kind('a child in a session of its own', 'setsid sh -c "$STAY" & wait'),
  kind('a child in a group of its own', 'set -m; sh -c "$STAY" & wait'),
  kind('a daemon: double fork, own session, folder /', '(cd / && setsid sh -c "$STAY" &); exit 0', { leaderEnds: true }),
  kind('a worker that outlives the main process', 'sh -c "$STAY" & exit 3', { leaderEnds: true }),
  kind('a worker under nohup', 'nohup sh -c "$STAY" > /dev/null 2>&1 & exit 0', { leaderEnds: true }),
  kind('a child with an emptied environment', `${emptied} & wait`),
  kind('a child with an emptied environment in a session of its own', `setsid ${emptied} & wait`),
  kind('a worker with an emptied environment that outlives the main process', `${emptied} & exit 0`, { leaderEnds: true }),
  kind(
    'one that ignores the polite signals',
    `sh -c 'trap "" TERM INT HUP; echo $$ >> "$PIDS"; while :; do sleep 600; done' & wait`,
    { isPolite: false },
  ),
  kind('one that suspends itself', `sh -c 'echo $$ >> "$PIDS"; kill -STOP $$; sleep 600' & wait`),
  kind('one that becomes another program', `sh -c 'exec sh -c "exec sh -c \\"\\$STAY\\""' & wait`),
  kind(
    'one that calls itself by another name',
    `"$NODE" -e 'process.title = "innocent"; require("fs").appendFileSync(process.env.PIDS, process.pid + "\\n"); setInterval(String, 1e6)' & wait`,
  ),
  kind(
    'one that makes another whenever one ends, and ignores the polite signals',
    `setsid sh -c 'trap "" TERM INT HUP; while :; do sh -c "$STAY"; done' & wait`,
    { isPolite: false },
  ),
  kind('a grandchild that holds the output open, its parents gone', `sh -c '(sh -c "$STAY" &)'; exit 0`, { leaderEnds: true }),
  kind('a job of a shell in a shell', `sh -c 'set -m; sh -c "set -m; sh -c \\"\\$STAY\\" & wait" & wait'; true`),
  kind('one that has a child when it is asked to stop', '"$NODE" "$PROGRAMS/forks-on-sigterm.mjs" & echo $! >> "$PIDS"; wait', {
    isPolite: false,
  }),
];
