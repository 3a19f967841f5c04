import { existsSync } from 'node:fs';
import { readIdentity } from '../../../runtime/processes/read-identity.ts';
import { listStackNotes, type NotedStack } from '../../../runtime/stack-note.ts';
import { connectControl } from '../../control/client.ts';
import { isConnectionError } from '../connect.ts';
import type { CommandContext } from '../context.ts';
import { type ListedStack, renderStacks } from '../render/stacks.ts';
import { isUp, tellStack } from '../render/status.ts';

/** A supervisor that does not answer is told as such; a listing waits for none of them. */
const patience = 1_000;

export const run = async ({ args, env, stdout }: CommandContext): Promise<number> => {
  const found = await Promise.all(listStackNotes(env).map(look));
  const stacks = found.filter((stack) => stack !== null).sort((a, b) => ((a.root ?? '') < (b.root ?? '') ? -1 : 1));
  if (args.flag('json')) stdout.line(JSON.stringify(stacks, null, 2));
  else stdout.lines(renderStacks(stacks, { colour: stdout.colour, unicode: stdout.unicode, width: stdout.columns() }));
  return 0;
};

/** Null: nothing runs there, and nothing was left. */
const look = async ({ folder, project, note }: NotedStack): Promise<ListedStack | null> => {
  const noted = {
    name: note?.name ?? null,
    root: note?.root ?? null,
    environment: note?.environment ?? null,
    supervisor: note?.supervisor.pid ?? null,
    since: note?.since ?? null,
    services: null,
  };
  const control = await connectControl(folder, { patience });
  if (!control.ok) {
    if (control.why === 'version') control.close();
    if (control.why !== 'none') return { ...noted, state: 'unknown', problem: control.reason };
    if (note === null && !control.stale) return null;
    const alive = note === null ? null : readIdentity(note.supervisor.pid);
    const lives = alive !== null && alive.startTime === note?.supervisor.startTime && alive.bootId === note.supervisor.bootId;
    if (lives) return { ...noted, state: 'unknown', problem: 'its supervisor lives and has no socket' };
    return (await isGone(project, noted.root)) ? null : { ...noted, state: 'stale', problem: null };
  }
  try {
    const snapshot = await control.snapshot();
    const up = snapshot.services.filter(isUp).length;
    const { name, root, environment, elapsed } = snapshot;
    return {
      state: tellStack(snapshot)[0],
      name,
      root,
      environment,
      supervisor: control.pid,
      since: note?.since ?? Math.round(Date.now() - elapsed),
      services: { up, total: snapshot.services.length },
      problem: null,
    };
  } catch (error) {
    if (!isConnectionError(error)) throw error;
    // It ended in this moment.
    return null;
  } finally {
    control.close();
  }
};

/** Its folder was removed, and nothing of it lives: nobody could take anything over, or end it. */
const isGone = async (project: string, root: string | null): Promise<boolean> => {
  if (root === null || existsSync(root)) return false;
  const { createProcesses } = await import('../../../runtime/processes/create.ts');
  return (await createProcesses().findMarked(project)).length === 0;
};
