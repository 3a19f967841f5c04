/**
 * Helper programs (`ps`, `lsof`, `sysctl`, `taskkill`) are searched in the system's folders only: a `ps` in the project, or in
 * `node_modules/.bin`, is not the one that is meant. Their answers are in plain English.
 */
export const safeEnvironment: Readonly<Record<string, string>> =
  process.platform === 'win32'
    ? { SystemRoot: process.env.SystemRoot ?? 'C:\\Windows', PATH: `${process.env.SystemRoot ?? 'C:\\Windows'}\\System32` }
    : { PATH: '/usr/bin:/bin:/usr/sbin:/sbin', LC_ALL: 'C', LANG: 'C' };
