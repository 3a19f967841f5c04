import { connect, type Socket } from 'node:net';
import type { ProbeResult } from '../../domain/process.ts';
import type { Ms } from '../../domain/service.ts';
import type { Clock, Timer } from '../clock.ts';
import { abortedDetail, checkOver, failed, toWords } from './words.ts';

/** What one address said. `settles`: this is the service's answer; false: perhaps another address has it. */
export type Answer = { readonly result: ProbeResult; readonly settles: boolean };

/** Who accepted: the address it was really reached at, and whether that is on this machine. */
export type Peer = { readonly address: string; readonly isLocal: boolean };

export type Attempt = (socket: Socket, peer: Peer, signal: AbortSignal) => Promise<Answer>;

export type ConnectOptions = {
  readonly host: string;
  readonly port: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Asks over the connection; the socket is closed afterwards, whatever comes. */
  readonly attempt: Attempt;
};

/** How long a connection may hang before the next address is tried beside it. A refusal comes within a millisecond. */
const headStart: Ms = 20;
/** How long a closed connection may take to end in order before it is cut off. */
const linger: Ms = 100;

/** Addresses behind a host: `localhost` is both loopbacks (a server often listens on one of them only), a wildcard is the loopback. */
const addressesOf = (host: string): readonly [string, ...string[]] => {
  if (host === 'localhost' || host.endsWith('.localhost')) return ['127.0.0.1', '::1'];
  if (host === '0.0.0.0') return ['127.0.0.1'];
  return host === '::' ? ['::1', '127.0.0.1'] : [host];
};

/** Ends a connection by FIN: a reset would show as an error in the logs of the service. */
const endInOrder = (socket: Socket, clock: Clock): void => {
  if (socket.destroyed) return;
  socket.on('error', () => socket.destroy());
  socket.resume();
  socket.end();
  const timer = clock.setTimer(linger, () => socket.destroy());
  socket.once('close', () => timer.cancel());
};

type Connected = { readonly ok: true; readonly socket: Socket } | { readonly ok: false; readonly answer: Answer };

// Nobody listens, and the system happened to choose the very port that was asked for as our own: TCP then connects to itself.
const isConnectedToItself = ({ localAddress, localPort, remoteAddress, remotePort }: Socket): boolean =>
  localPort === remotePort && localAddress === remoteAddress;

const openConnection = (address: string, port: number, signal: AbortSignal): Promise<Connected> =>
  new Promise((settle) => {
    const socket = connect({ host: address, port, noDelay: true });
    const give = (connected: Connected): void => {
      signal.removeEventListener('abort', onAbort);
      settle(connected);
    };
    const fail = (detail: string): void => {
      socket.destroy();
      give({ ok: false, answer: { result: failed(detail), settles: false } });
    };
    const onAbort = (): void => fail(abortedDetail(signal, 'no connection'));
    socket.once('connect', () => {
      if (!isConnectedToItself(socket)) {
        give({ ok: true, socket });
        return;
      }
      // Without a reset the port would stay in TIME_WAIT, and the service could not take it.
      socket.resetAndDestroy();
      fail('connection refused');
    });
    // Stays: a late error of a connection that is already judged must not end the process.
    socket.on('error', (error) => fail(toWords(error)));
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
  });

// A connection from an address to itself never left the machine.
const toPeer = ({ localAddress, remoteAddress }: Socket, wanted: string): Peer => {
  const address = remoteAddress ?? wanted;
  return { address, isLocal: address === localAddress || address === '::1' || address.startsWith('127.') };
};

type Run = { readonly options: ConnectOptions; readonly signal: AbortSignal; readonly onConnected: () => void };

const askOver = async (socket: Socket, address: string, { options, signal, onConnected }: Run): Promise<Answer> => {
  onConnected();
  try {
    return await options.attempt(socket, toPeer(socket, address), signal);
  } finally {
    endInOrder(socket, options.clock);
  }
};

/** What keeps it from being asked at all (no file can be opened, no port has that number) is its answer. */
const askAddress = async (address: string, run: Run): Promise<Answer> => {
  try {
    const connected = await openConnection(address, run.options.port, run.signal);
    return connected.ok ? await askOver(connected.socket, address, run) : connected.answer;
  } catch (error) {
    return { result: failed(toWords(error)), settles: false };
  }
};

const saysLittle = (result: ProbeResult): boolean =>
  !result.ok && /^(connection refused|address |network |host |stopped|no connection)/.test(result.detail);

const mostTelling = (results: readonly ProbeResult[]): ProbeResult =>
  results.find((result) => !saysLittle(result)) ?? results[0] ?? failed('no address');

/** Where this process itself was held up for so long, what came meanwhile is heard first: it may say that nothing hangs. */
const afterHeadStart = (clock: Clock, run: () => void): Timer => {
  let isCancelled = false;
  const timer = clock.setTimer(headStart, () => {
    setImmediate(() => {
      if (!isCancelled) run();
    });
  });
  return {
    cancel: () => {
      isCancelled = true;
      timer.cancel();
    },
  };
};

/** Connects to `host`:`port` and asks over the connection. Never rejects. */
export const askOverConnection = async (options: ConnectOptions): Promise<ProbeResult> => {
  const addresses = addressesOf(options.host);
  if (addresses.length > 1) return await askSeveral(addresses, options);
  const answer = await askAddress(addresses[0], { options, signal: options.signal, onConnected: () => undefined });
  return answer.result;
};

/**
 * Several addresses are tried one beside the other, the next one as soon as one fails or hangs, so that a server behind both
 * families is still asked once.
 */
const askSeveral = (addresses: readonly string[], options: ConnectOptions): Promise<ProbeResult> => {
  // Aborted with the check, and when one address has answered.
  const race = new AbortController();
  const { signal } = race;
  const onAbort = (): void => race.abort(options.signal.reason);
  options.signal.addEventListener('abort', onAbort, { once: true });
  const results: ProbeResult[] = [];
  let asked = 0;

  return new Promise((settle) => {
    const askNext = (): void => {
      const address = addresses[asked];
      if (address === undefined) return;
      asked += 1;
      const beside = afterHeadStart(options.clock, askNext);
      const onConnected = (): void => beside.cancel();
      void askAddress(address, { options, signal, onConnected }).then((answer) => {
        beside.cancel();
        results.push(answer.result);
        if (!answer.settles && !options.signal.aborted) askNext();
        if (!answer.settles && results.length < asked) return;
        options.signal.removeEventListener('abort', onAbort);
        race.abort(checkOver);
        settle(answer.settles ? answer.result : mostTelling(results));
      });
    };
    if (options.signal.aborted) onAbort();
    askNext();
  });
};
