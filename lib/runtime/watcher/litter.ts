/**
 * What editors leave beside a file while they save it, or while it is merely open: swap files, locks, copies. Nobody means them by
 * `src/**`, and a restart because a file was opened would be a riddle.
 */
const patterns: readonly RegExp[] = [
  // vim, and its test whether a folder can be written to.
  /\.sw[a-z]$/,
  /^4913$/,
  /~$/,
  // emacs.
  /^\.?#/,
  // JetBrains.
  /___jb_(?:tmp|old)___$/,
  // Finder, and nfs for a file that was removed while open.
  /^\.DS_Store$/,
  /^\.nfs[0-9a-f]+$/,
];

export const isLitter = (name: string): boolean => patterns.some((pattern) => pattern.test(name));
