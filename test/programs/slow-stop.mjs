// Stops STOP_MS milliseconds after SIGTERM, or, where STOP_AT names a file, when it is there; with code 0. Prints "ready", then
// "stopping", then "stopped".
const { existsSync } = process.getBuiltinModule('node:fs');
const { STOP_MS, STOP_AT } = process.env;
const end = () => {
  console.log('stopped');
  process.exit(0);
};
process.on('SIGTERM', () => {
  console.log('stopping');
  if (STOP_AT === undefined) setTimeout(end, Number(STOP_MS ?? 1000));
  else setInterval(() => existsSync(STOP_AT) && end(), 10);
});
setInterval(() => undefined, 60_000);
console.log('ready');
