// The shop's database: a key-value store with queues, over TCP, with a journal on disk.
//
//   SET key json → "ok"     GET key → json or null     INCR key → number     LIST prefix → [json, …]
//   PUSH queue json → "ok"  TAKE queue → json, waits until there is one      LEN queue → number
//
// muster knows it by its port alone: with no `health` in services.yaml, a TCP connection to the first port is the probe.
import { appendFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { onLines } from './lib/lines.mjs';
import { onStop, say } from './lib/service.mjs';

const host = '127.0.0.1';
const journal = process.env.STORE_FILE ?? null;
const values = new Map();
const queues = new Map();
/** Sockets that wait in TAKE, by queue. */
const takers = new Map();

const listOf = (map, key) => map.get(key) ?? map.set(key, []).get(key);

/** The commands that change something. They are written to the journal and done again at the next start. */
const changes = {
  SET: (key, value) => {
    values.set(key, value);
    return 'ok';
  },
  INCR: (key) => {
    const next = (values.get(key) ?? 0) + 1;
    values.set(key, next);
    return next;
  },
  PUSH: (queue, value) => {
    listOf(queues, queue).push(value);
    return 'ok';
  },
  SHIFT: (queue) => listOf(queues, queue).shift() ?? null,
};

const answers = {
  GET: (key) => values.get(key) ?? null,
  LIST: (prefix) =>
    [...values.keys()]
      .filter((key) => key.startsWith(prefix))
      .sort()
      .map((key) => values.get(key)),
  LEN: (queue) => listOf(queues, queue).length,
};

let isRemembering = journal !== null;
let journalLines = 0;

/** Writes the journal again without its history: what is, and not how it came about. */
const compact = () => {
  const entries = [
    ...[...values].map(([key, value]) => ['SET', key, value]),
    ...[...queues].flatMap(([queue, items]) => items.map((item) => ['PUSH', queue, item])),
  ];
  writeFileSync(`${journal}.new`, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
  renameSync(`${journal}.new`, journal);
  journalLines = entries.length;
};

const remember = (entry) => {
  if (!isRemembering) return;
  try {
    appendFileSync(journal, `${JSON.stringify(entry)}\n`);
    journalLines += 1;
    if (journalLines > 1000 + 2 * values.size) compact();
  } catch (error) {
    isRemembering = false;
    say(`cannot write ${journal} (${error.code}): from now on everything is kept in memory only`);
  }
};

const change = (command, key, value) => {
  const result = changes[command](key, value);
  remember([command, key, value]);
  return result;
};

/** One line of the journal. A kill in the middle of a write can leave half a line; it was never answered, so nothing is lost. */
const parseEntry = (line) => {
  try {
    return [JSON.parse(line)];
  } catch {
    return [];
  }
};

/** Reads what an earlier run left. */
const load = () => {
  if (!isRemembering) return;
  try {
    mkdirSync(path.dirname(journal), { recursive: true });
    const lines = readFileSync(journal, { encoding: 'utf8', flag: 'a+' }).split('\n');
    for (const [command, key, value] of lines.flatMap(parseEntry)) changes[command](key, value);
    compact();
    say(`${values.size} values read from ${path.basename(journal)}`);
  } catch (error) {
    isRemembering = false;
    say(`cannot use ${journal} (${error.message}): everything is kept in memory only`);
  }
};

/** Gives what a queue holds to those that wait for it, first come, first served. */
const serveTakers = (queue) => {
  const waiting = listOf(takers, queue);
  while (waiting.length > 0 && listOf(queues, queue).length > 0) {
    waiting.shift().write(`${JSON.stringify(change('SHIFT', queue))}\n`);
  }
};

const obey = (socket, line) => {
  const [, command, key, text] = /^([A-Z]+) (\S+)(?: (.+))?$/.exec(line) ?? [];
  if (command === 'TAKE') listOf(takers, key).push(socket);
  else if (command in answers) socket.write(`${JSON.stringify(answers[command](key))}\n`);
  else if (command in changes) socket.write(`${JSON.stringify(change(command, key, text && JSON.parse(text)))}\n`);
  else throw new Error(`unknown command: ${line.slice(0, 40)}`);
  if (command === 'TAKE' || command === 'PUSH') serveTakers(key);
};

const clients = new Set();
const server = createServer({ noDelay: true }, (socket) => {
  clients.add(socket);
  socket.on('error', () => socket.destroy());
  socket.on('close', () => {
    clients.delete(socket);
    for (const [queue, waiting] of takers)
      takers.set(
        queue,
        waiting.filter((taker) => taker !== socket),
      );
  });
  onLines(socket, (line) => {
    try {
      obey(socket, line);
    } catch (error) {
      socket.write(`ERR ${error.message.replaceAll('\n', ' ')}\n`);
    }
  });
});

load();
server.listen(Number(process.env.PORT), host, () => say(`store listens on ${host}:${server.address().port}`));

onStop(
  () =>
    new Promise((resolve) => {
      server.close(resolve);
      for (const client of clients) client.end();
      setTimeout(() => clients.forEach((client) => client.destroy()), 500).unref();
    }),
);
