// The main process ends after AFTER milliseconds (default 100), or, where SIGN names a file, when it is there, which it removes;
// a worker in its group lives on. With PORT the worker holds it.
import { spawn } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';

const program =
  process.env.PORT === undefined ? ['-e', 'setInterval(() => undefined, 60000)'] : [`${import.meta.dirname}/listens.mjs`];
spawn(process.execPath, program, { stdio: 'inherit' }).unref();
const end = () => process.exit(Number(process.env.CODE ?? 0));
const { SIGN, AFTER } = process.env;
if (SIGN === undefined) setTimeout(end, Number(AFTER ?? 100));
else
  setInterval(() => {
    if (!existsSync(SIGN)) return;
    rmSync(SIGN);
    end();
  }, 10);
