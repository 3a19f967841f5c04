// Ready by a newline on NOTIFY_FD. Appends a line to $STARTS at its start; with $WRITES it then writes that file, as a service does
// that builds something into a folder of its own.
const { appendFileSync, writeFileSync, writeSync } = process.getBuiltinModule('node:fs');
appendFileSync(process.env.STARTS, `${process.pid}\n`);
if (process.env.NOTIFY_FD !== undefined) writeSync(Number(process.env.NOTIFY_FD), '\n');
if (process.env.WRITES !== undefined) writeFileSync(process.env.WRITES, String(process.pid));
setInterval(() => undefined, 60_000);
