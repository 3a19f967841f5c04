import { basename } from 'node:path';
import type { FileMark } from '../atomic-write.ts';
import { setAside } from './aside.ts';
import type { Decoded } from './decode.ts';
import { emptyMemory, type Memory, type MemoryFacts, type RecordedService, toPrevious } from './memory.ts';
import { type Found, lookAt } from './place.ts';

export type Recalled = {
  readonly memory: Memory;
  /** Joined they are the warning. */
  readonly sentences: readonly string[];
  /** Why nothing may be saved, as a clause. */
  readonly refusal: string | null;
  /** Set when the file is good and may become the previous copy. */
  readonly ours: FileMark | null;
  /** Set when the file is damaged. */
  readonly damaged: FileMark | null;
};

export type RecallOptions = {
  readonly path: string;
  readonly root: string;
  readonly facts: MemoryFacts;
  readonly wall: () => number;
};

/** Finds the best memory there is: the file, else its previous copy, else none. */
export const recall = async (options: RecallOptions): Promise<Recalled> => {
  const found = await lookAt(options.path, options.facts.uid);
  switch (found.kind) {
    case 'absent':
      return nothing;
    case 'closed':
      return refuse(toClosed(options.path, found.owner));
    case 'newer':
      return refuse(toNewer(options.path, found.version));
    case 'read':
      return use(options, found);
    case 'conflict':
      return mend(options, found);
    case 'damaged':
      return recover(options, found);
  }
};

const nothing: Recalled = { memory: emptyMemory, sentences: [], refusal: null, ours: null, damaged: null };

const refuse = (refusal: string): Recalled => ({ ...nothing, sentences: [`nothing is remembered: ${refusal}`], refusal });

const toNewer = (path: string, version: number): string =>
  `${basename(path)} was written by a newer muster (version ${version}): upgrade muster, or move the file away`;

const toClosed = (path: string, owner: number | null): string =>
  owner === null
    ? `no permission to look at ${path}`
    : `${basename(path)} belongs to ${toOwner(owner)} and cannot be read: run "sudo chown $(id -u) ${path}", or remove it`;

const toOwner = (uid: number): string => (uid === 0 ? 'root' : `the user with uid ${uid}`);

const use = (options: RecallOptions, found: Extract<Found, { kind: 'read' }>): Recalled => {
  const { path, facts } = options;
  const { memory, sentences } = trust(options, found);
  const recalled = { ...nothing, memory, sentences, ours: found.mark };
  return facts.uid === null || found.owner === facts.uid ? recalled : forbid(path, found.owner, recalled);
};

/** Somebody else's file is read, and left alone. */
const forbid = (path: string, owner: number, recalled: Recalled): Recalled => {
  const refusal = `${basename(path)} belongs to ${toOwner(owner)}: run "sudo chown $(id -u) ${path}", or remove it`;
  return { ...recalled, sentences: [...recalled.sentences, `nothing new will be remembered: ${refusal}`], refusal };
};

/** Nothing of it is lost, so nothing is kept aside: the next save puts the whole in its place. What ran is nobody's any more. */
const mend = ({ path, facts }: RecallOptions, found: Extract<Found, { kind: 'conflict' }>): Recalled => {
  const memory = { ...emptyMemory, history: found.history };
  const sentences = [
    `${basename(path)} holds a merge conflict of git: the ${found.history.runs.length} boots of both sides were put together`,
  ];
  const mended = { ...nothing, memory, sentences, damaged: found.mark };
  return facts.uid === null || found.owner === facts.uid ? mended : forbid(path, found.owner, mended);
};

const recover = async (options: RecallOptions, found: Extract<Found, { kind: 'damaged' }>): Promise<Recalled> => {
  const { path, facts, wall } = options;
  const name = await setAside({ path, kind: 'corrupt', mark: found.mark, isFolder: found.isFolder, wall: wall() });
  const kept = name === null ? '' : `, and the damaged one is kept as ${name}`;
  const previous = await lookAt(toPrevious(path), facts.uid);
  if (previous.kind === 'newer') return refuse(toNewer(toPrevious(path), previous.version));
  const begin = `${basename(path)} ${found.what}`;
  if (previous.kind === 'read') {
    const { memory, sentences } = trust(options, previous);
    return { ...nothing, memory, sentences: [`${begin}: its previous copy is used${kept}`, ...sentences], damaged: found.mark };
  }
  const why = previous.kind === 'damaged' ? `, and its previous copy ${previous.what}` : '';
  return { ...nothing, sentences: [`${begin}${why}: the boots that it remembered are forgotten${kept}`], damaged: found.mark };
};

type Trusted = { readonly memory: Memory; readonly sentences: readonly string[] };

/**
 * Believes what the file says of running processes only when we wrote it ourselves, here: a copy of the folder, the file of
 * another machine, and one that others could write adopt nothing. The history is harmless and stays.
 */
const trust = (
  options: RecallOptions,
  { decoded, isPrivate }: { readonly decoded: Decoded; readonly isPrivate: boolean },
): Trusted => {
  const { path, facts } = options;
  const { memory, faults } = decoded;
  const sentences = faults.length === 0 ? [] : [toFaults(basename(path), faults)];
  const foreign = whyForeign(options, decoded) ?? (isPrivate ? null : 'others could have written it (chmod 600 mends it)');
  if (foreign === null) {
    const own = dropOurselves(memory);
    return { memory: forgetOtherBoots(own, facts.bootId), sentences: [...sentences, ...tellOtherBoots(own, facts.bootId)] };
  }
  const isIdle = Object.values(memory.running).every((recorded) => recorded.process === null) && memory.supervisor === null;
  return {
    memory: { ...memory, running: {}, supervisor: null, done: {} },
    // Where nothing was running nothing is lost, as with the history that a CI cache brings along.
    sentences: isIdle ? sentences : [...sentences, `nothing that ran according to ${basename(path)} is adopted: ${foreign}`],
  };
};

const whyForeign = ({ root, facts }: RecallOptions, { project }: Decoded): string | null => {
  if (project === null) return 'it does not say whose it is';
  if (project.machine !== facts.machine) return 'it comes from another machine';
  if (project.root !== root) return `it was written for ${project.root}`;
  return project.uid === facts.uid ? null : 'another user wrote it';
};

const shown = 3;

const toFaults = (name: string, faults: readonly string[]): string => {
  const more = faults.length > shown ? ` and ${faults.length - shown} more` : '';
  const entries = faults.length === 1 ? 'one entry' : `${faults.length} entries`;
  return `${entries} of ${name} made no sense and ${faults.length === 1 ? 'was' : 'were'} left out (${faults.slice(0, shown).join(', ')}${more})`;
};

/** A service cannot be this process or the one that started it, whatever the file says. */
const dropOurselves = (memory: Memory): Memory => {
  const entries = Object.entries(memory.running).filter(([, { process: recorded }]) => !isOurself(recorded?.pid));
  return { ...memory, running: Object.fromEntries(entries) };
};

const isOurself = (pid: number | undefined): boolean => pid === process.pid || pid === process.ppid;

/** After a reboot everything counts as stopped: no process outlives it, and the numbers belong to others now. */
const forgetOtherBoots = (memory: Memory, bootId: string | null): Memory => {
  const stop = (service: RecordedService): RecordedService =>
    isOfOtherBoot(service, memory, bootId) ? { ...service, ...stoppedByBoot, desired: 'stopped' } : service;
  const running = Object.fromEntries(Object.entries(memory.running).map(([name, service]) => [name, stop(service)]));
  return { ...memory, running, supervisor: bootId === null || memory.supervisor?.bootId === bootId ? memory.supervisor : null };
};

const stoppedByBoot = {
  state: 'stopped',
  process: null,
  startedAt: null,
  earlier: null,
  lastHealth: null,
  until: null,
  askedAt: null,
  next: null,
} as const;

/** What has no process yet is of the boot of the supervisor that wrote it down. */
const isOfOtherBoot = (service: RecordedService, { supervisor }: Memory, bootId: string | null): boolean => {
  const of = (service.process ?? supervisor)?.bootId;
  return bootId !== null && of !== undefined && of !== bootId && !isOver(service);
};

const isOver = ({ state }: RecordedService): boolean => ['stopped', 'failed', 'skipped', 'completed', 'idle'].includes(state);

/** What was stopped by that is told; where only the namespace differs, it may well run on, out of our reach. */
const tellOtherBoots = (memory: Memory, bootId: string | null): readonly string[] => {
  const others = Object.entries(memory.running).filter(([, service]) => isOfOtherBoot(service, memory, bootId));
  const [first] = others;
  if (first === undefined || bootId === null) return [];
  const names = `${others
    .slice(0, 8)
    .map(([name]) => name)
    .join(', ')}${others.length > 8 ? ', …' : ''}`;
  const before = (first[1].process ?? memory.supervisor)?.bootId ?? '';
  const isThisMachinesBoot = before.includes('/') && before.split('/')[0] === bootId.split('/')[0];
  return [
    isThisMachinesBoot ? `what ran in another container (${names}) is not touched from here` : `stopped by a reboot: ${names}`,
  ];
};
