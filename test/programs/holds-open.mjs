// A client: connects to $HOST:$PORT, prints "connected from PORT", and keeps the connection open.
import { connect } from 'node:net';

const socket = connect({ host: process.env.HOST ?? '127.0.0.1', port: Number(process.env.PORT) }, () => {
  console.log(`connected from ${socket.localPort}`);
});
socket.on('error', () => undefined);
setInterval(() => undefined, 60_000);
