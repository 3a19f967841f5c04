// The main process ends after AFTER milliseconds (default 100); a worker in its group lives on. With PORT the worker holds it.
import { spawn } from 'node:child_process';

const program =
  process.env.PORT === undefined ? ['-e', 'setInterval(() => undefined, 60000)'] : [`${import.meta.dirname}/listens.mjs`];
spawn(process.execPath, program, { stdio: 'inherit' }).unref();
setTimeout(() => process.exit(Number(process.env.CODE ?? 0)), Number(process.env.AFTER ?? 100));
