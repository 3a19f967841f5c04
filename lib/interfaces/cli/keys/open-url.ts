import { execFile } from 'node:child_process';
import { safeEnvironment } from '../../../runtime/processes/safe-path.ts';

/** Opens an address in the user's browser. Null: done; else why not. */
export const openUrl = (url: string, env: Readonly<Record<string, string | undefined>>): Promise<string | null> => {
  if (!/^https?:\/\//i.test(url)) return Promise.resolve('it is no address for a browser');
  const [program, ...args] = openers[process.platform] ?? ['xdg-open'];
  return new Promise((resolve) => {
    // The program of the system, whatever stands first in PATH; what it needs to find the screen, it may have.
    execFile(
      program ?? 'xdg-open',
      [...args, url],
      { env: { ...env, PATH: safeEnvironment['PATH'] }, timeout: 10_000 },
      (error) => {
        if (error === null) resolve(null);
        // What the program has printed would quote the address, and with it what only one may know.
        else
          resolve((error as NodeJS.ErrnoException).code === 'ENOENT' ? `${program} is not installed` : `${program} has failed`);
      },
    );
  });
};

const openers: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
};
