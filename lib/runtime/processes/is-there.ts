/** Whether anybody has this number who is not out of our reach. Only to tell whether waiting or looking makes sense: it is no identity. */
export const isThere = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    // It has ended, or is somebody else's.
    return false;
  }
};
