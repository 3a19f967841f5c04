// Stops STOP_MS milliseconds after SIGTERM, with code 0. Prints "ready", then "stopping", then "stopped".
const delay = Number(process.env.STOP_MS ?? 1000);
process.on('SIGTERM', () => {
  console.log('stopping');
  setTimeout(() => {
    console.log('stopped');
    process.exit(0);
  }, delay);
});
setInterval(() => undefined, 60_000);
console.log('ready');
