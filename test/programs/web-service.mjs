// A small service for tests of the dashboard: it prints what it is told to, floods, crashes, and has a page of its own.
import { createServer } from 'node:http';

const answers = {
  '/crash': () => process.exit(7),
  '/flood': (query) => {
    for (let line = 1; line <= Number(query.get('lines')); line += 1) console.log(`line ${line} of a flood`);
  },
  '/say': (query) => console.log(query.get('text')),
  '/secret': () => console.log(`the password is ${process.env.DB_PASSWORD}`),
};

createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://localhost');
  response.writeHead(200, { 'content-type': 'text/html' });
  response.end('<!doctype html><title>a page of a service</title><body>hello</body>', () => answers[pathname]?.(searchParams));
}).listen(process.env.PORT);
