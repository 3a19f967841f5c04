// Writes the file READY_FILE after DELAY milliseconds, then it stays.
import { writeFileSync } from 'node:fs';

setTimeout(() => writeFileSync(process.env.READY_FILE, 'ready\n'), Number(process.env.DELAY ?? 100));
setInterval(() => undefined, 60_000);
