import type { Socket } from 'node:net';
import type { ErrorCode } from './protocol.ts';

/** Milliseconds and bytes; tests make them smaller. */
export type Limits = {
  readonly clients: number;
  /** How long a new client may be silent. */
  readonly firstByte: number;
  /** Bytes that wait for one client to read them. */
  readonly unread: number;
  /** How long the end waits for a client to take its last answers. */
  readonly farewell: number;
  /** How long it waits, when all else is done, for one that has asked for it: that one is told by it what has become of the stack. */
  readonly result: number;
};

export const usualLimits: Limits = { clients: 64, firstByte: 10_000, unread: 4 * 1024 * 1024, farewell: 1_000, result: 10_000 };

/** What goes on with one client of the control socket, in whatever language. */
export type Talk = {
  /** Says why, and lets go of it. */
  refuse(code: ErrorCode, message: string): void;
  /** Lets it have what it asked for; one that asked for the end is kept until `hangUp`. */
  finish(): Promise<void>;
  /** Resolves when everything that it was told is out of our hands: what is not is lost with the process. */
  hangUp(): Promise<void>;
};

/** It gets a while to read the last words. */
export const letGo = (socket: Socket, farewell: number): void => {
  socket.end();
  const patience = setTimeout(() => socket.destroy(), farewell);
  patience.unref();
  socket.once('close', () => clearTimeout(patience));
};

export const untilClosed = (socket: Socket, limit: number): Promise<void> =>
  orAfter(
    new Promise<void>((resolve) => {
      if (socket.closed) resolve();
      else socket.once('close', () => resolve());
    }),
    limit,
  );

export const hangUpOn = async (socket: Socket, { result }: Limits): Promise<void> => {
  socket.destroySoon();
  await untilClosed(socket, result);
  socket.destroy();
};

export const orAfter = async (work: Promise<unknown>, limit: number): Promise<void> => {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limit);
  });
  await Promise.race([work, patience]);
  clearTimeout(timer);
};
