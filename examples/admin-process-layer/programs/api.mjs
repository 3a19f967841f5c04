// Answers with the number of the store; /health says whether the store answers.
import { createServer } from 'node:http';

createServer((request, response) => {
  fetch(String(process.env.STORE), { method: request.method }).then(
    async (answer) => response.end(await answer.text()),
    () => response.writeHead(503).end('the store does not answer'),
  );
}).listen(Number(process.env.PORT), '127.0.0.1');
