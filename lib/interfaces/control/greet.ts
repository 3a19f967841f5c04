import type { Socket } from 'node:net';
import { type FrameOptions, handleFrames } from './client-handler.ts';
import { hangUpOn, letGo, type Talk, untilClosed } from './client-limits.ts';
import type { Response } from './protocol.ts';

export type GreetOptions = FrameOptions & {
  readonly takeHttp: ((socket: Socket) => Promise<void>) | null;
  readonly onGone: () => void;
};

/** A client of the control socket, also one that has not said anything yet. */
export type Client = Talk & { readonly since: number; readonly hasSpoken: () => boolean };

/** Its first byte says in which language a client speaks: a frame begins with a brace, a request of HTTP with its method. */
const isHttp = (bytes: Buffer): boolean => /^[A-Z]/.test(bytes.toString('latin1', 0, 1));

export const greetClient = (options: GreetOptions): Client => {
  const { socket, limits, takeHttp, onGone } = options;
  let talk: Talk | null = null;

  const silent: Talk = {
    refuse: (code, message) => {
      const words: Response = { id: null, error: { code, message } };
      if (socket.writable) socket.write(`${JSON.stringify(words)}\n`);
      letGo(socket, limits.farewell);
    },
    finish: () => {
      letGo(socket, limits.farewell);
      return untilClosed(socket, limits.farewell);
    },
    hangUp: () => hangUpOn(socket, limits),
  };
  const silence = setTimeout(() => silent.refuse('limit', `nothing was said for ${limits.firstByte / 1000} s`), limits.firstByte);
  silence.unref();

  socket.once('data', (bytes: Buffer) => {
    clearTimeout(silence);
    // Whoever goes on with it hears it from its beginning.
    socket.pause();
    socket.unshift(bytes);
    if (takeHttp !== null && isHttp(bytes)) talk = handleHttp(options, takeHttp);
    else {
      talk = handleFrames(options);
      socket.resume();
    }
  });
  // A client that vanishes in the middle of an answer: 'close' follows, and nobody is left to be told.
  socket.on('error', () => undefined);
  socket.once('close', () => {
    clearTimeout(silence);
    onGone();
  });

  return {
    since: performance.now(),
    hasSpoken: () => talk !== null,
    refuse: (code, message) => (talk ?? silent).refuse(code, message),
    finish: () => (talk ?? silent).finish(),
    hangUp: () => (talk ?? silent).hangUp(),
  };
};

const handleHttp = ({ socket, limits, onProblem }: GreetOptions, take: (socket: Socket) => Promise<void>): Talk => {
  take(socket).then(
    () => socket.resume(),
    (error: unknown) => {
      onProblem(`HTTP cannot be spoken on the control socket: ${error instanceof Error ? error.message : String(error)}`);
      socket.destroy();
    },
  );
  return {
    refuse: () => socket.destroy(),
    finish: async () => {
      await untilClosed(socket, limits.farewell);
      socket.destroy();
    },
    hangUp: () => hangUpOn(socket, limits),
  };
};
