// Writes a newline to the descriptor in NOTIFY_FD after DELAY milliseconds; CHILD=1 has a child do it; EMPTY=1 closes the
// descriptor without a newline. Then it stays.
import { spawn } from 'node:child_process';
import { closeSync, writeSync } from 'node:fs';

const fd = Number(process.env.NOTIFY_FD);
setTimeout(
  () => {
    if (process.env.EMPTY === '1') closeSync(fd);
    else if (process.env.CHILD === '1') spawn('/bin/sh', ['-c', 'echo >&3'], { stdio: ['ignore', 'inherit', 'inherit', fd] });
    else writeSync(fd, '\n');
  },
  Number(process.env.DELAY ?? 100),
);
setInterval(() => undefined, 60_000);
