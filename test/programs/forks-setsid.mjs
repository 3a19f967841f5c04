// Starts a child in a session of its own, which leaves our process group, and stays. IGNORE=1: the child ignores SIGTERM.
import { spawn } from 'node:child_process';

const program =
  process.env.IGNORE === '1' ? [`${import.meta.dirname}/ignores-sigterm.mjs`] : ['-e', 'setInterval(() => undefined, 60000)'];
const child = spawn(process.execPath, program, { stdio: 'inherit', detached: true });
console.log(`child ${child.pid}`);
setInterval(() => undefined, 60_000);
