import type { BoundPort, Marker, PortHolder, PortRefusal } from '../domain/process.ts';
import type { Port, ServiceName } from '../domain/service.ts';
import type { Clock } from './clock.ts';
import { anotherProject, cameBack, nobodyListens, protectionOf, runningSibling } from './ports/advice.ts';
import { portCandidates } from './ports/candidates.ts';
import { endStranger, watchForReturn } from './ports/end-stranger.ts';
import { awaitFree, findAnyFree, isFree } from './ports/free.ts';
import { createEndLeftover } from './ports/reclaim.ts';
import type { Processes } from './processes.ts';
import type { ClaimOptions, ClaimPorts, Sockets } from './sockets.ts';
import { rootOfStack, withRoot } from './stack-note.ts';

export type ClaimDependencies = {
  readonly processes: Processes;
  readonly sockets: Sockets;
  readonly clock: Clock;
  /** True for an attempt that runs under this supervisor now: it is never ended for a port. */
  readonly isRunning: (marker: Marker) => boolean;
};

/** A port that is taken though nobody listens is tried again for this long, in milliseconds. */
const patienceWithoutHolder = 1_000;
/** How long a listener may stay after the end of its process. */
const patienceAfterEnd = 5_000;
/** How long somebody else may take to let go by himself. */
const patienceForStrangers = 1_000;

type Claimed = { readonly ok: true; readonly port: number } | { readonly ok: false; readonly refusal: PortRefusal };

/** What one choice of a port may not collide with, and how it is made known to the others. */
type Wish = { readonly isTaken: (port: number) => boolean; readonly take: (port: number) => boolean };

const refuse = (refusal: PortRefusal): Claimed => ({
  ok: false,
  refusal: { ...refusal, holders: refusal.holders.map(withRoot) },
});

export const createClaimPorts = (dependencies: ClaimDependencies): ClaimPorts => {
  const { processes, sockets, isRunning } = dependencies;
  const endLeftover = createEndLeftover(dependencies);
  /** Chosen by `next` or `auto` and perhaps not bound yet: two services that start together must not choose the same. */
  const reserved = new Map<ServiceName, readonly number[]>();

  /** Ports of which the holders were ended by force, and that nobody of ours has got since: whoever comes back there has somebody who restarts it. */
  const forced = new Set<number>();

  /** Null: the holder is ended. Else why not. */
  const endHolder = async (holder: PortHolder, options: ClaimOptions): Promise<PortRefusal | null> => {
    const { port } = holder;
    const { service, marker } = options;
    const identity = holder.process;
    if (identity === null) return { port, holders: [holder], why: 'invisible' };
    const owner = holder.marker;
    const isOwn = owner?.project === marker.project;
    if (owner !== null && isOwn && isRunning(owner)) {
      return { port, holders: [holder], why: 'stranger', advice: runningSibling(owner.service) };
    }
    if (owner !== null && isOwn && (service.portConflict !== 'fail' || options.mayEnd(holder))) {
      options.onReclaim(withRoot(holder));
      return (await endLeftover(owner)) ? null : { port, holders: [holder], why: 'stuck' };
    }
    const protection = protectionOf(holder);
    if (protection !== null) return { port, holders: [holder], why: 'stranger', advice: protection };
    if (!options.mayEnd(holder)) {
      return {
        port,
        holders: [holder],
        why: 'stranger',
        ...(owner !== null && !isOwn ? { advice: anotherProject(owner, rootOfStack(owner.project)) } : {}),
      };
    }
    if (forced.has(port)) return { port, holders: [holder], why: 'stranger', advice: cameBack };
    const end = await endStranger(processes, identity, () => isFree(sockets, port, service.host));
    return end === 'ended' ? null : { port, holders: [holder], why: end === 'refused' ? 'stranger' : 'stuck' };
  };

  /** All of them, or the first refusal. */
  const endHolders = async (holders: readonly PortHolder[], port: number, options: ClaimOptions): Promise<PortRefusal | null> => {
    for (const holder of holders) {
      const refusal = await endHolder(holder, options);
      if (refusal !== null) return { ...refusal, holders };
    }
    if (!holders.some(options.mayEnd)) return null;
    forced.add(port);
    const heirs = await watchForReturn(sockets, { port, host: options.service.host }, holders);
    return heirs.length === 0 ? null : { port, holders: heirs, why: 'stranger', advice: cameBack };
  };

  /** For `fail` and `reclaim`: exactly this port, or a refusal. Holders are ended once; one that comes back has won. */
  const claimExactly = async (port: number, options: ClaimOptions): Promise<Claimed> => {
    const { host } = options.service;
    if (await isFree(sockets, port, host)) return { ok: true, port };
    const holders = await sockets.findHolders([port], host);
    if (holders.length === 0) {
      if (await awaitFree(sockets, { port, host }, patienceWithoutHolder)) return { ok: true, port };
      const late = await sockets.findHolders([port], host);
      return refuse(
        late.length > 0
          ? { port, holders: late, why: whyOf(late) }
          : { port, holders: [], why: 'invisible', advice: nobodyListens },
      );
    }
    const refusal = await endHolders(holders, port, options);
    if (refusal !== null) {
      // Somebody on the way out (another tool that stops just now) is not yet a conflict.
      const isGone = refusal.why === 'stranger' && (await awaitFree(sockets, { port, host }, patienceForStrangers));
      return isGone ? { ok: true, port } : refuse(refusal);
    }
    if (await awaitFree(sockets, { port, host }, patienceAfterEnd)) return { ok: true, port };
    const left = await sockets.findHolders([port], host);
    const isSame = left.some((now) => holders.some((before) => before.process?.pid === now.process?.pid));
    return refuse({ port, holders: left, why: isSame ? 'stuck' : whyOf(left), ...(isSame ? {} : { advice: cameBack }) });
  };

  const claimNext = async (wanted: number, options: ClaimOptions, wish: Wish): Promise<Claimed> => {
    const { host, portRange } = options.service;
    for (const port of portCandidates(wanted, portRange)) {
      if (!wish.isTaken(port) && (await isFree(sockets, port, host)) && wish.take(port)) return { ok: true, port };
    }
    return refuse({ port: wanted, holders: await sockets.findHolders([wanted], host), why: 'none-free' });
  };

  const claimAny = async (options: ClaimOptions, wish: Wish): Promise<Claimed> => {
    const { host, portRange } = options.service;
    if (portRange !== null) return claimNext(portRange[0], options, wish);
    const port = await findAnyFree(host, wish.take);
    return port === null ? refuse({ port: 0, holders: [], why: 'none-free' }) : { ok: true, port };
  };

  const claimFixed = async (port: number, options: ClaimOptions): Promise<Claimed> => {
    const claimed = await claimExactly(port, options);
    // Who holds it the next time is another one.
    if (claimed.ok) forced.delete(port);
    return claimed;
  };

  const claimOne = async ({ wanted }: Port, options: ClaimOptions, wish: Wish): Promise<Claimed> => {
    if (wanted === null) return claimAny(options, wish);
    if (options.service.portConflict === 'next') return claimNext(wanted, options, wish);
    return claimFixed(wanted, options);
  };

  return async (options) => {
    const { service, taken } = options;
    const chosen: BoundPort[] = [];
    // Its own fixed ports too: `auto` must not take what a later line of the same service wants.
    const fixed = new Set(service.ports.map(({ wanted }) => wanted));
    for (const name of reserved.keys()) if (options.isPresent?.(name) === false) reserved.delete(name);
    reserved.set(service.name, []);
    for (const port of service.ports) {
      const isTaken = (number: number): boolean =>
        taken.has(number) ||
        [...reserved.values()].some((ports) => ports.includes(number)) ||
        (number !== port.wanted && fixed.has(number));
      // In one step: between a look and a note another service could choose the same number.
      const take = (number: number): boolean => {
        if (isTaken(number)) return false;
        reserved.set(service.name, [...(reserved.get(service.name) ?? []), number]);
        return true;
      };
      const claimed = await claimOne(port, options, { isTaken, take });
      if (!claimed.ok) return claimed;
      chosen.push({ name: port.name, port: claimed.port });
    }
    return { ok: true, ports: chosen };
  };
};

const whyOf = (holders: readonly PortHolder[]): 'stranger' | 'invisible' =>
  holders.every(({ process: holder }) => holder === null) ? 'invisible' : 'stranger';
