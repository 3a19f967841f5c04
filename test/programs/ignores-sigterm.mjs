// Ignores SIGTERM, SIGINT and SIGHUP: only SIGKILL ends it. Prints "ready".
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => console.log(`ignored ${signal}`));
setInterval(() => undefined, 60_000);
console.log('ready');
