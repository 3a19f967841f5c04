// What every program of the shop does the same way. Nothing here knows muster: a service reads its port from the environment,
// writes what it does to stdout, answers a health check, and stops when it gets SIGTERM. That is all muster asks of it.
import { createServer } from 'node:http';

/** One line for people, with the time. muster puts stdout into `logs/<service>.log`. */
export const say = (text) => console.log(`${new Date().toISOString().slice(11, 23)} ${text}`);

/** Runs `stop` at the first SIGTERM (or Ctrl-C, when started by hand) and ends the process when it is done. */
export const onStop = (stop) => {
  let isStopping = false;
  const end = async (signal) => {
    if (isStopping) return;
    isStopping = true;
    say(`${signal}: stopping`);
    await stop();
    say('stopped');
    process.exit(0);
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
};

/** `127.0.0.1:4301` → host and port, for `net.connect`. */
export const parseAddress = (address) => {
  const colon = address.lastIndexOf(':');
  return { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) };
};

/** An answer that is not a 200: `throw fault(404, 'no such product')` inside a route. */
export const fault = (status, message) => Object.assign(new Error(message), { status });

export const sendJson = (response, status, body) => {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' });
  response.end(`${JSON.stringify(body)}\n`);
};

/** The JSON body of a request, at most 64 KiB of it. */
export const readJson = async (request) => {
  // A page of another site can make a browser post a form here, but not JSON: that would need our permission.
  if (!request.headers['content-type']?.startsWith('application/json')) throw fault(415, 'send application/json');
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) {
    text += chunk;
    if (text.length > 65_536) throw fault(413, 'too large');
  }
  try {
    return JSON.parse(text);
  } catch {
    throw fault(400, 'not JSON');
  }
};

/**
 * Serves `handle(request, response, url)` on `PORT` until the process is stopped. What the handler returns is sent as JSON;
 * what it throws becomes an error answer. `GET /health` says that this process is alive and serving, and nothing about
 * others: a service that calls itself ill because its database is away gets restarted for nothing.
 */
export const serveHttp = async (name, handle) => {
  const host = '127.0.0.1';
  const server = createServer(async (request, response) => {
    try {
      const url = new URL(request.url, `http://${host}`);
      const body = url.pathname === '/health' ? { service: name, ok: true } : await handle(request, response, url);
      if (body !== undefined) sendJson(response, 200, body);
    } catch (error) {
      if (response.headersSent) response.destroy();
      else sendJson(response, error.status ?? 500, { error: error.message });
      if ((error.status ?? 500) >= 500) say(`${request.method} ${request.url}: ${error.message}`);
    }
  });
  const listening = new Promise((resolve, reject) => server.once('listening', resolve).once('error', reject));
  server.listen(Number(process.env.PORT), host);
  await listening;
  say(`${name} listens on http://${host}:${server.address().port}`);
  return {
    /** Lets the requests that are under way finish, for at most a second. */
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeIdleConnections();
        setTimeout(() => server.closeAllConnections(), 1000).unref();
      }),
  };
};
