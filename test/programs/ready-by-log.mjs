// Prints "starting", and after DELAY milliseconds LINE (default "server is ready") on stderr (STREAM=stdout: there) in two
// writes and in colour. Then it stays.
const line = process.env.LINE ?? 'server is ready';
const stream = process.env.STREAM === 'stdout' ? process.stdout : process.stderr;
const half = Math.floor(line.length / 2);
console.log('starting');
setTimeout(
  () => {
    stream.write(`\u001B[32m${line.slice(0, half)}`);
    setTimeout(() => stream.write(`\u001B[1m${line.slice(half)}\u001B[0m\n`), 20);
  },
  Number(process.env.DELAY ?? 100),
);
setInterval(() => undefined, 60_000);
