// Talks to store.mjs: one request per line, one answer per line, in the same order.
import { connect } from 'node:net';
import { onLines } from './lines.mjs';
import { fault, parseAddress } from './service.mjs';

/**
 * A client that survives a restart of the store: a lost connection fails the requests that were under way, and the next
 * request opens a new one. It never opens one by itself, so a client that is not used does not hammer a store that is away.
 */
export const createStoreClient = (address) => {
  let opening = null;
  let current = null;
  let waiting = [];

  const lose = (socket, why) => {
    if (current !== socket) return;
    current = null;
    opening = null;
    const lost = waiting;
    waiting = [];
    for (const request of lost) request.reject(fault(503, `the store does not answer: ${why}`));
  };

  const open = () => {
    opening ??= new Promise((resolve, reject) => {
      // Without noDelay the system holds small messages back for up to 40 ms, to send several at once.
      const socket = connect({ ...parseAddress(address), noDelay: true });
      socket.once('connect', () => {
        current = socket;
        resolve(socket);
      });
      socket.once('error', (error) => {
        lose(socket, error.code);
        opening = null;
        reject(fault(503, `the store does not answer: ${error.code}`));
      });
      socket.once('close', () => lose(socket, 'connection closed'));
      onLines(socket, (line) => {
        const request = waiting.shift();
        if (line.startsWith('ERR ')) request?.reject(fault(500, `the store refused: ${line.slice(4)}`));
        else request?.resolve(JSON.parse(line));
      });
    });
    return opening;
  };

  const ask = async (command, key, value) => {
    const socket = await open();
    return new Promise((resolve, reject) => {
      waiting.push({ resolve, reject });
      socket.write(`${command} ${key}${value === undefined ? '' : ` ${JSON.stringify(value)}`}\n`);
    });
  };

  return {
    /** The value of a key; null when there is none. */
    get: (key) => ask('GET', key),
    set: (key, value) => ask('SET', key, value),
    /** Adds one to a number and gives the new one. */
    increase: (key) => ask('INCR', key),
    /** All values whose key starts with `prefix`, in the order of their keys. */
    list: (prefix) => ask('LIST', prefix),
    /** Puts a value at the end of a queue. */
    push: (queue, value) => ask('PUSH', queue, value),
    /** Takes the first value of a queue; waits for one if it must. Wants a client of its own: answers come in order. */
    take: (queue) => ask('TAKE', queue),
    /** How many values a queue holds. */
    length: (queue) => ask('LEN', queue),
    close: () => current?.destroy(),
  };
};
