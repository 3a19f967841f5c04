import type { DashboardAddress, DashboardRequest, StackControl } from '../../control.ts';
import { toCommandLine } from '../connect.ts';
import type { CommandContext } from '../context.ts';

const usualDashboard: DashboardRequest = { host: null, port: null, expose: false };

export const toDashboardUrl = ({ origin, code }: Extract<DashboardAddress, { readonly ok: true }>): string =>
  `${origin}/#t=${code}`;

/** `up --dashboard`: one line says where it is, and in a terminal the browser is opened. A problem stops nothing. */
export const showDashboard = async (
  { stdout, stderr, env, args, cwd }: Pick<CommandContext, 'stdout' | 'stderr' | 'env' | 'args' | 'cwd'>,
  control: Pick<StackControl, 'dashboard'>,
  isQuiet: boolean,
): Promise<void> => {
  const address = await control.dashboard(usualDashboard);
  if (!address.ok) {
    stderr.line(`muster up: no dashboard: ${address.reason}`);
    return;
  }
  const { openUrl } = await import('../keys/open-url.ts');
  const problem = stdout.isTTY ? await openUrl(toDashboardUrl(address), env) : 'there is no terminal';
  if (isQuiet) return;
  // The code is not for a log file, in which it would outlive its minute for nothing.
  if (problem === null || !stdout.isTTY)
    stdout.line(`dashboard: ${address.origin}/ ("${toCommandLine({ args, env, cwd }, ['dashboard'])}" opens it)`);
  else stdout.line(`dashboard: ${toDashboardUrl(address)} (${problem}; open it within a minute)`);
};
