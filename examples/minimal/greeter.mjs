import { createServer } from 'node:http';

const server = createServer((_request, response) => response.end('hello\n'));
server.listen(Number(process.env.PORT), '127.0.0.1', () => console.log('the greeter listens'));

// Without a handler, SIGTERM ends Node at once; with it, open answers are finished first.
process.on('SIGTERM', () => {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
