// Runs programs while no file can be opened, and prints what came of each as a line of JSON.
import { closeSync, openSync } from 'node:fs';
import { runProgram } from '../../lib/runtime/images/run.ts';
import { connectCluster } from '../../lib/runtime/kubernetes/proxy.ts';

const { env } = process;
const signal = new AbortController().signal;
const opened: number[] = [];
try {
  for (;;) opened.push(openSync('/dev/null', 'r'));
} catch {
  // As many as there may be.
}
console.log(JSON.stringify(await runProgram({ program: 'true', args: [], env, signal })));
console.log(JSON.stringify(await connectCluster({ context: null, namespace: null, env })));
for (const fd of opened) closeSync(fd);
console.log(JSON.stringify(await runProgram({ program: 'true', args: [], env, signal })));
