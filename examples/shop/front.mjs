// The shop's front end: one page, and a way through to the services behind it. The browser sees a single address, so the
// others need no rules for foreign origins. Where they listen comes from the environment, never from this file: muster
// fills in the ports that they really have on this run.
import { readFileSync } from 'node:fs';
import { request as ask } from 'node:http';
import { fault, onStop, serveHttp } from './lib/service.mjs';

const page = readFileSync(new URL('web/index.html', import.meta.url));
const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-cache',
  'content-security-policy': "default-src 'self'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; frame-ancestors 'none'",
};

/** What begins with the key is answered by the service at the value, without that beginning. */
const behind = { '/api': process.env.API, '/find': process.env.SEARCH, '/images': process.env.IMAGES };

const passOn = (request, response, { name, base, path }) =>
  new Promise((resolve, reject) => {
    const { 'content-type': type = 'text/plain' } = request.headers;
    const onward = ask(`${base}${path}`, { method: request.method, headers: { 'content-type': type }, timeout: 3000 });
    onward.once('timeout', () => onward.destroy(new Error('no answer within 3 s')));
    onward.once('error', (error) => reject(fault(502, `${name} does not answer (${error.code ?? error.message})`)));
    onward.once('response', (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response).once('close', resolve);
      answer.once('error', () => response.destroy());
    });
    request.pipe(onward);
  });

const server = await serveHttp('front', (request, response, url) => {
  if (url.pathname === '/') {
    response.writeHead(200, pageHeaders).end(page);
    return undefined;
  }
  const prefix = `/${url.pathname.split('/')[1]}`;
  if (!(prefix in behind)) throw fault(404, 'there is nothing here');
  const path = url.pathname.slice(prefix.length) + url.search;
  return passOn(request, response, { name: prefix.slice(1), base: behind[prefix], path });
});

onStop(() => server.close());
