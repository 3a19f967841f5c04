/** Runs what it is given one after the other, in the order in which it is asked; what fails keeps no other from its turn. */
export const createInTurn = (): (<Result>(act: () => Promise<Result>) => Promise<Result>) => {
  let last: Promise<unknown> = Promise.resolve();
  return (act) => {
    const own = last.then(act, act);
    last = own;
    return own;
  };
};
