// Listens on $HOST:$PORT (default 127.0.0.1 and any free port), answers each request with 200 and its own pid, and prints
// "listening on PORT". STATUS sets another answer, V6_ONLY=1 takes no IPv4, STOP_MS delays the stop, PORTS=1,2 are more ports.
const http = process.getBuiltinModule('node:http');
const host = process.env.HOST ?? '127.0.0.1';
const status = Number(process.env.STATUS ?? 200);
const ports = [process.env.PORT ?? '0', ...(process.env.PORTS ?? '').split(',').filter((port) => port !== '')];
for (const port of ports) {
  const server = http.createServer((_, response) => {
    response.writeHead(status, { 'content-type': 'text/plain' }).end(`${process.pid}\n`);
  });
  server.on('error', (error) => {
    console.error(String(error));
    process.exit(1);
  });
  server.listen({ port: Number(port), host, ipv6Only: process.env.V6_ONLY === '1' }, () => {
    console.log(`listening on ${server.address().port}`);
  });
}
process.on('SIGTERM', () => setTimeout(() => process.exit(0), Number(process.env.STOP_MS ?? 0)));
