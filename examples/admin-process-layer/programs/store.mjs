// Keeps one number: GET reads it, POST counts it up.
import { createServer } from 'node:http';

let count = 0;
createServer((request, response) => {
  if (request.method === 'POST') count += 1;
  response.end(String(count));
}).listen(Number(process.env.PORT), '127.0.0.1');
