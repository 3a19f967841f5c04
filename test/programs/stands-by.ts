/** Has the processes of two services made ahead, and then does nothing: for a test that kills it. Its arguments: their options, as JSON. */
import { createProcesses } from '../../lib/runtime/processes/create.ts';
import type { SpawnOptions } from '../../lib/runtime/processes.ts';

const processes = createProcesses();
const all = JSON.parse(process.argv[2] ?? '[]') as readonly SpawnOptions[];
console.log(all.map((options) => processes.standBy(options)).join(' '));
setInterval(() => undefined, 60_000);
