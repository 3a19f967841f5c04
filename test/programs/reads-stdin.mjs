// Reads its standard input to the end, prints "end of input after N bytes", and stays.
let bytes = 0;
for await (const chunk of process.stdin) bytes += chunk.length;
console.log(`end of input after ${bytes} bytes`);
setInterval(() => undefined, 60_000);
