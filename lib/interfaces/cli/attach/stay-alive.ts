/** The longest that a timer can be set for: 2^31 - 1 milliseconds. */
const longest = 2 ** 31 - 1;

/**
 * Node ends a process in which nothing is awaited that could still happen, without a word and with exit code 0. A supervisor whose
 * services are all down has nothing of that kind (its socket and its timers hold nobody up), and it must not vanish before it
 * was told to. The way back is the result.
 */
export const stayAlive = (): (() => void) => {
  const hold = setInterval(() => undefined, longest);
  return () => clearInterval(hold);
};
