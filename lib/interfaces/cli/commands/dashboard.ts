import type { DashboardRequest } from '../../control.ts';
import { toDashboardUrl } from '../attach/show-dashboard.ts';
import { talk, tellNobody } from '../connect.ts';
import type { CommandContext } from '../context.ts';

/** Asks the supervisor of the running stack to open the dashboard, and opens it in the browser. */
export const run = async (context: CommandContext): Promise<number> => {
  const { args, stdout, stderr, env } = context;
  const request = toRequest(context);
  if (typeof request === 'string') {
    stderr.line(`muster dashboard: ${request}`);
    return 2;
  }
  return talk(context, {
    command: 'dashboard',
    none: (nobody) => {
      tellNobody(context, nobody, ['up', '--dashboard']);
      return 2;
    },
    some: async (control) => {
      const address = await control.dashboard(request);
      if (!address.ok) {
        stderr.line(`muster dashboard: ${address.reason}`);
        return 2;
      }
      const url = toDashboardUrl(address);
      if (args.flag('json')) {
        stdout.line(JSON.stringify({ origin: address.origin, url }));
        return 0;
      }
      if (args.flag('no-open')) {
        stdout.line(url);
        return 0;
      }
      const problem = await (await import('../keys/open-url.ts')).openUrl(url, env);
      if (problem === null) stdout.line(`opened ${address.origin}/ in the browser`);
      else {
        stderr.line(`muster dashboard: the browser cannot be opened: ${problem}; open this within a minute:`);
        stdout.line(url);
      }
      return 0;
    },
  });
};

/** Or, in words, what is wrong with it. */
const toRequest = ({ args }: CommandContext): DashboardRequest | string => {
  const port = args.text('port');
  if (port !== null && !(/^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535))
    return `option "--port" does not take "${port}"; write a port from 1 to 65535`;
  return { host: args.text('host'), port: port === null ? null : Number(port), expose: args.flag('expose') };
};
