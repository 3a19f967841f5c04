// Sends a line a second to everybody who is connected.
import { createServer } from 'node:net';

const readers = new Set();
const server = createServer((socket) => {
  readers.add(socket);
  socket.on('error', () => undefined);
  socket.once('close', () => readers.delete(socket));
});
let count = 0;
setInterval(() => {
  count += 1;
  for (const reader of readers) reader.write(`news ${count}\n`);
}, 1000);
server.listen(Number(process.env.PORT), '127.0.0.1', () => console.log(`feed on ${process.env.PORT}`));
process.on('SIGTERM', () => process.exit(0));
