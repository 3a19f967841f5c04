import { get, post } from './api.ts';
import { app, toast } from './app.ts';
import { isBusy, toAction, type Word } from './busy.ts';
import type { StackAnswer } from './types.ts';
import { isLive } from './words.ts';

const setBusy = (action: string, isUnderWay: boolean): void => {
  const busy = new Set(app.get().busy);
  if (isUnderWay) busy.add(action);
  else busy.delete(action);
  app.set({ busy });
};

/** Asks the supervisor. What becomes of it is seen by the events; only a refusal is told. */
export const act = async (word: Word, name: string, body: Readonly<Record<string, boolean>> = {}): Promise<void> => {
  setBusy(toAction(word, name), true);
  const result = await post(`services/${name}/${word}`, body);
  setBusy(toAction(word, name), false);
  if (result.ok) {
    if (word === 'restart') await tellAsBefore(name);
    return;
  }
  const { failure } = result;
  if (failure.code === 'needed') {
    const dependents = failure.details?.neededBy?.map((each) => each.name) ?? [];
    app.set({ confirming: { action: 'stop', name, dependents } });
    return;
  }
  toast(`${name}: ${failure.message}${failure.hint === null ? '' : `; ${failure.hint}`}`, 'bad');
};

/** A restart applies nothing of what its file says by now. */
const tellAsBefore = async (name: string): Promise<void> => {
  const found = await get<StackAnswer>('stack');
  const isEdited = found.ok && found.data.services.some((service) => service.name === name && service.edited === 'changed');
  if (isEdited) toast(`${name}: restarted with the definition it was started with; "muster up" applies the changed one`);
};

export const start = (name: string): void => {
  if (!isBusy(app.get(), 'start', name)) void act('start', name);
};

/** Nobody who needs it loses it without being named first. */
export const stop = (name: string): void => {
  if (isBusy(app.get(), 'stop', name)) return;
  const dependents = runningDependents(name);
  if (dependents.length > 0) app.set({ confirming: { action: 'stop', name, dependents } });
  else void act('stop', name);
};

export const restart = (name: string): void => {
  if (isBusy(app.get(), 'restart', name)) return;
  const dependents = runningDependents(name);
  if (dependents.length > 0) app.set({ confirming: { action: 'restart', name, dependents } });
  else void act('restart', name);
};

/** All that need it and run, directly or through another, nearest first. */
const runningDependents = (name: string): readonly string[] => {
  const { graph, services } = app.get();
  const next = new Map(graph?.services.map((service) => [service.name, service.dependents]));
  const found = new Set<string>();
  const queue = [name];
  for (let each = queue.shift(); each !== undefined; each = queue.shift()) {
    for (const dependent of next.get(each) ?? []) {
      if (found.has(dependent)) continue;
      found.add(dependent);
      queue.push(dependent);
    }
  }
  return [...found].filter((each) => isLive(services.get(each)?.state ?? 'idle'));
};
