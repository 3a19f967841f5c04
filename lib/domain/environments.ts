/**
 * What the name of an environment means by itself, before `environments.NAME` of the file says anything. The one place
 * that knows these names; everything else about an environment is written in the file.
 */

/** They need no entry under `environments`, because they mean something without one. */
export const builtInEnvironments = ['development', 'test', 'production'] as const;

/** Files are watched only where somebody edits them: a test run or a deployment must not restart under a file that changes. */
export const isHotReloadOn = (environment: string): boolean => environment === 'development';

/**
 * In production what does not need a failed service stays up, also where nobody looks: without a terminal, a boot that failed
 * in any other environment is taken down again, so that a CI job ends.
 */
export const isolatesErrors = (environment: string): boolean => environment === 'production';
