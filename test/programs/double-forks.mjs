// Becomes a daemon the old way: a child in a new session forks once more and ends, and we end too. Nothing ties the daemon to
// us but its environment. With PORT the daemon listens.
import { spawn } from 'node:child_process';

const daemon =
  process.env.PORT === undefined ? 'exec sleep 600' : `exec "${process.execPath}" "${import.meta.dirname}/listens.mjs"`;
spawn('/bin/sh', ['-c', `cd / && (${daemon}) &`], { stdio: 'inherit', detached: true }).once('exit', () => process.exit(0));
