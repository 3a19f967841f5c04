// On SIGTERM starts another process in a session of its own and ends: somebody who is born during the stop.
import { spawn } from 'node:child_process';

process.on('SIGTERM', () => {
  spawn('sleep', ['600'], { stdio: 'inherit', detached: true });
  process.exit(0);
});
setInterval(() => undefined, 60_000);
console.log('ready');
