// Writes "PID 1", "PID 2" … a line every few milliseconds, and is ready at once.
import { writeSync } from 'node:fs';

const { NOTIFY_FD: fd } = process.env;
let line = 0;
const write = () => {
  line += 1;
  writeSync(1, `${process.pid} ${line}\n`);
};
write();
if (fd !== undefined) writeSync(Number(fd), '\n');
setInterval(write, 20);
