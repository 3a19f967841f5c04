// Boots one tool with one set of services, and knows by the services' own account what happened.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { atInterrupt, makeFolder } from '../folders.mjs';

const now = () => Number(process.hrtime.bigint()) / 1e6;

/** A round of one tool that took longer is its last, and nobody is waited for longer to come up. In milliseconds. */
export const longest = Number(process.env.BENCH_LONGEST ?? 45) * 1000;

/** Each line: what happened to whom, by which process, when (milliseconds of the monotonic clock). */
const readEvents = (file) =>
  !existsSync(file)
    ? []
    : readFileSync(file, 'utf8')
        .split('\n')
        .slice(0, -1)
        .map((line) => line.split(' '))
        .map(([what, name, pid, at]) => ({ what, name, pid: Number(pid), at: Number(at) / 1e6 }));

export const isAlive = (pid) => {
  try {
    // A zombie has ended, whoever has not yet asked how.
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'));
  } catch {
    return false;
  }
};

/** Ours, by its marker in the environment: a pid alone may be somebody else's by now. */
const markedBy = (mark) =>
  readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(`BENCH_MARK=${mark}`) && isAlive(pid);
      } catch {
        return false;
      }
    });

/** What has not ended when nothing did for so long is left, in milliseconds. */
const stillness = 10_000;

/** How soon the harness itself looks: what it measures is read from the services' account, not from when it looked. */
const lookEvery = 5;

const until = async (isSo, child) => {
  const end = now() + longest;
  while (!isSo()) {
    if (now() > end) return false;
    if (child !== undefined && child.exitCode !== null && child.exitCode !== 0) return false;
    await pause(lookEvery);
  }
  return true;
};

let runs = 0;
/** What is under way. */
const marks = new Set();

// Whoever ends the harness does not mean what it began to live on.
atInterrupt(() => Promise.all([...marks].map(endAll)));

/** Boots, hands what is up to `look`, stops, and ends whatever is left. Null: it did not come up. */
export const bootTool = async (tool, services, facts, look = async () => ({})) => {
  runs += 1;
  const folder = makeFolder();
  const events = path.join(folder, 'events');
  const mark = `${process.pid}-${runs}`;
  marks.add(mark);
  const plan = tool.prepare(folder, services, { ...facts, events });
  const env = { ...process.env, ...plan.env, BENCH_MARK: mark };
  const [command, ...args] = plan.command;
  const began = now();
  const child = spawn(command, args, {
    cwd: folder,
    env,
    stdio: ['ignore', 'ignore', process.env.BENCH_LOUD ? 'inherit' : 'ignore'],
    detached: true,
  });
  const ended = new Promise((resolve) => child.once('exit', () => resolve(now())));
  child.once('error', () => {});
  try {
    const names = new Set(services.map(({ name }) => name));
    const isUp = () =>
      new Set(readEvents(events).flatMap(({ what, name }) => (what === 'ready' ? [name] : []))).size >= names.size;
    if (!(await until(isUp, plan.stop === undefined ? child : undefined))) return null;
    const told = readEvents(events);
    const seen = await look({ plan, folder, env, child, mark, events });
    const stop = await stopTool({ plan, folder, env, child, ended, events });
    return { ...toTimes(told, services, began), ...seen, ...stop };
  } finally {
    await endAll(mark);
    marks.delete(mark);
  }
};

const toTimes = (told, services, began) => {
  const first = (what, name) => Math.min(...told.filter((one) => one.what === what && one.name === name).map(({ at }) => at));
  const starts = services.map(({ name }) => first('start', name));
  const lastReady = Math.max(...services.map(({ name }) => first('ready', name)));
  const early = services.filter(({ name, needs }) => needs.some((need) => first('start', name) < first('ready', need)));
  return { whole: lastReady - began, span: lastReady - Math.min(...starts), early: early.length };
};

const stopTool = async ({ plan, folder, env, child, ended, events }) => {
  const began = now();
  const pids = [...new Set(readEvents(events).map(({ pid }) => pid))].filter(isAlive);
  if (plan.stop === undefined) {
    try {
      process.kill(plan.group ? -child.pid : child.pid, plan.signal ?? 'SIGTERM');
    } catch {
      // It has ended already.
    }
  } else {
    const [command, ...args] = plan.stop;
    spawnSync(command, args, { cwd: folder, env, stdio: 'ignore', timeout: longest });
  }
  let left = pids.filter(isAlive).length;
  for (let changed = now(); left > 0 && now() - changed < stillness; ) {
    await pause(lookEvery);
    const alive = pids.filter(isAlive).length;
    if (alive < left) changed = now();
    left = alive;
  }
  const stop = now() - began;
  await Promise.race([ended, pause(1000)]);
  return { stop: left === 0 ? stop : null, left };
};

const endAll = async (mark) => {
  for (let round = 0; round < 50; round += 1) {
    const left = markedBy(mark);
    if (left.length === 0) return;
    for (const pid of left) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It ended meanwhile.
      }
    }
    await pause(50);
  }
  throw new Error(`processes of run ${mark} cannot be ended`);
};

/** Memory of all that the tool itself runs, without the services: proportional set sizes, in MiB. */
export const memoryOf = (mark, program) =>
  markedBy(mark).reduce((sum, pid) => {
    try {
      if (readFileSync(`/proc/${pid}/cmdline`, 'latin1').startsWith(`${program}\0`)) return sum;
      return sum + Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1'))?.[1] ?? 0) / 1024;
    } catch {
      return sum;
    }
  }, 0);

/** Whoever restarts at all does within a good second, in milliseconds. */
const restartPatience = 3_000;

/** From the kill of one service to its port being listened on again, in milliseconds; null: never. */
export const crash = async (name, events) => {
  const before = readEvents(events).filter((one) => one.what === 'ready' && one.name === name);
  const pid = before.at(-1)?.pid;
  if (pid === undefined || !isAlive(pid)) return null;
  const killed = now();
  process.kill(pid, 'SIGKILL');
  const found = () => readEvents(events).find(({ what, name: other, at }) => what === 'ready' && other === name && at > killed);
  const end = now() + restartPatience;
  while (found() === undefined && now() < end) await pause(lookEvery);
  const again = found();
  return again === undefined ? null : again.at - killed;
};
