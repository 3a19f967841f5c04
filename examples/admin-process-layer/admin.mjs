// @ts-check
// What stands between a dashboard's page and the process layer: GET / (the table), POST /<action>/<service>, and GET /events
// (server-sent, one for each event of the stack). ADMIN_FOLDER is where logs and memory are; PORT is its own port.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createProcessLayer } from './layer.mjs';

const layer = createProcessLayer({ folder: process.env.ADMIN_FOLDER ?? import.meta.dirname });

const server = createServer((request, response) => {
  const { method = 'GET', url = '/' } = request;
  const [, action = '', name = ''] = url.split('/');
  const answer = async () => {
    if (method === 'POST') return layer.act(action, name);
    return { services: await layer.rows(), news: layer.news() };
  };
  if (method === 'GET' && action === 'events') void stream(response);
  else
    answer().then(
      (body) => response.setHeader('content-type', 'application/json').end(JSON.stringify(body)),
      (error) => response.writeHead(500).end(String(error)),
    );
});

/** One reader of all events; it ends with the stack, or when the page is closed. @param {import('node:http').ServerResponse} response */
const stream = async (response) => {
  const left = new AbortController();
  response.on('close', () => left.abort());
  response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
  for await (const event of layer.stack.events({ signal: left.signal })) {
    response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  }
  response.end();
};

server.listen(Number(process.env.PORT ?? 0), '127.0.0.1');
await once(server, 'listening');
const address = server.address();
console.log(`admin on http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`);
const opened = await layer.open();
console.log(opened.ok ? 'everything is up' : opened.problem);

// The signals are this program's own: the library listens to none.
process.once('SIGTERM', async () => {
  const closed = await layer.close();
  // Readers of events have theirs to the last one, and end by themselves.
  server.close();
  if (!closed.ok) console.error(closed.error.message);
  process.exitCode = closed.ok ? 0 : 1;
});
