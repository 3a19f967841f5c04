/** Stops us as the terminal's Ctrl-Z would: with everybody of our job (npm, `sh -c`), else the shell never comes back. */
export const suspendJob = (onContinue: () => void): void => {
  process.once('SIGCONT', onContinue);
  process.kill(0, 'SIGTSTP');
};
