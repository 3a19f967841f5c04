// Answers every request, and says so.
import { createServer } from 'node:http';

createServer((_, response) => {
  console.log('asked');
  response.end('well');
}).listen(Number(process.env.PORT), '127.0.0.1');
