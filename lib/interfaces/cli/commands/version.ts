import { readVersion } from '../../version.ts';
import type { CommandContext } from '../context.ts';

export const run = async ({ args, stdout }: CommandContext): Promise<number> => {
  const { platform, arch, versions } = process;
  const version = readVersion();
  if (args.flag('json')) stdout.line(JSON.stringify({ muster: version, node: versions.node, platform, arch }));
  else stdout.line(`muster ${version} (node ${versions.node}, ${platform} ${arch})`);
  return 0;
};
