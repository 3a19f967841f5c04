/** A moment by the clock on the wall (epoch milliseconds), and by the page's own. */
export type AsOf = { readonly wall: number; readonly page: number };

/** Since when nothing is heard of the stack. It begins with the loss of the connection, and stays until there is another; null: it is heard of. */
export const toAsOf = (phase: string, before: AsOf | null, now: () => AsOf): AsOf | null =>
  phase === 'lost' || phase === 'ended' ? (before ?? now()) : null;
