import { removeAll } from '../../../runtime/clean.ts';
import { connectControl } from '../../control/client.ts';
import { findCaches, tellFailed, tellPath } from '../../session/cleaning.ts';
import { findPlace, toCommandLine } from '../connect.ts';
import type { CommandContext } from '../context.ts';

/** Removes what the file calls caches and temporary files, or only lists it. Never under a stack that runs. */
export const run = async (context: CommandContext): Promise<number> => {
  const { args, stdout, stderr, load } = context;
  const loaded = await load({ only: args.positionals });
  if (loaded === null) return 2;
  const { stack } = loaded;
  const isDry = args.flag('dry-run');
  const isJson = args.flag('json');
  if (!isDry && (await isSupervised(context))) {
    stderr.line(`muster clean: this stack is up, and may use these files; "${toCommandLine(context, ['down'])}" first`);
    return 5;
  }
  const found = await findCaches(stack);
  const { removed, failed } = isDry ? { removed: [], failed: [] } : await removeAll(found);
  const listed = (isDry ? found : removed).map((item) => tellPath(stack, item));
  if (isJson) {
    stdout.line(
      JSON.stringify(
        { dryRun: isDry, root: stack.root, [isDry ? 'found' : 'removed']: listed, failed: tellFailed(stack, failed) },
        null,
        2,
      ),
    );
  } else if (found.length === 0) stdout.line('nothing to clean');
  else stdout.lines(listed.map((file) => `${isDry ? 'would remove' : 'removed'} ${file}`));
  if (!isJson) stderr.lines(tellFailed(stack, failed));
  return failed.length === 0 ? 0 : 1;
};

const isSupervised = async (context: CommandContext): Promise<boolean> => {
  const place = await findPlace(context, false);
  if (!place.ok) return false;
  const found = await connectControl(place.folder);
  if (found.ok || found.why === 'version') found.close();
  return found.ok || found.why !== 'none';
};
