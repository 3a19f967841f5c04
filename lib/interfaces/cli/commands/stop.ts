import { carryOut } from '../carry-out.ts';
import type { CommandContext } from '../context.ts';

export const run = async (context: CommandContext): Promise<number> => {
  const { args, stderr } = context;
  const [withDependents, force] = [args.flag('with-dependents'), args.flag('force')];
  if (withDependents && force) {
    stderr.line('muster: --with-dependents and --force exclude each other; choose one');
    return 2;
  }
  const choice = withDependents ? 'with-dependents' : force ? 'force' : 'refuse';
  return carryOut(context, { kind: 'stop', command: 'stop', act: (control, names) => control.stop(names, choice) });
};
