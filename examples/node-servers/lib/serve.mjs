// A server that says who it is, where its neighbours are, and ends politely when it is asked to.
import { createServer } from 'node:http';

/** `about` is what it answers with; `host` is the address that it listens on. */
export const serve = (name, about = {}, host = '127.0.0.1') => {
  const server = createServer((request, response) => {
    const isHealth = request.url === '/health';
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(isHealth ? { ok: true } : { name, environment: process.env.NODE_ENV, ...about }));
  });
  server.listen(Number(process.env.PORT), host, () => console.log(`${name} listens on ${process.env.PORT}`));
  process.on('SIGTERM', () => {
    console.log(`${name} ends`);
    server.close();
    server.closeAllConnections();
  });
};
