// Exits with code 0 at once and leaves a grandchild that holds its stdout and stderr open.
import { spawn } from 'node:child_process';

spawn('sleep', ['600'], { stdio: 'inherit' }).unref();
console.log('gone');
process.exit(0);
