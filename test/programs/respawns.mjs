// Keeps a listener on $PORT alive: another takes the port each time it ends, as a service manager does. That one is started
// ahead, so that on a busy machine too it is there at once.
import { fork } from 'node:child_process';

const startAhead = () => fork(import.meta.filename, ['listen when told']);
let spare = null;
const replace = () => {
  const listener = spare ?? startAhead();
  spare = startAhead();
  listener.once('exit', replace);
  listener.send('listen');
};

if (process.argv.length > 2) {
  process.getBuiltinModule('node:http');
  process.once('message', () => import('./listens.mjs'));
  process.once('disconnect', () => process.exit(0));
} else replace();
