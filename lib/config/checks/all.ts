import { checkClean } from './clean.ts';
import { checkCommands } from './commands.ts';
import type { CheckContext } from './context.ts';
import { checkDependencies } from './dependencies.ts';
import { checkFiles } from './files.ts';
import { checkLiterals } from './literals.ts';
import { checkNotify } from './notify.ts';
import { checkPorts } from './ports.ts';
import { checkPresence } from './presence.ts';
import { checkProbes } from './probes.ts';
import { checkReplicas } from './replicas.ts';
import { checkWatch } from './watch.ts';

/** Everything that is known before anything is started and takes more than one field to see. */
export const checkAll = (context: CheckContext): void => {
  checkDependencies(context);
  checkPresence(context);
  checkReplicas(context);
  checkPorts(context);
  checkFiles(context);
  checkClean(context);
  checkWatch(context);
  checkNotify(context);
  checkCommands(context);
  checkProbes(context);
  checkLiterals(context);
};
