/** By where each `${` of a text begins, where the brace is that closes it. One that nothing closes is not among them; `$$` is a `$`. */
export const findEnds = (text: string): ReadonlyMap<number, number> => {
  const ends = new Map<number, number>();
  const open: number[] = [];
  for (let at = 0; at < text.length; at += 1) {
    if (text.startsWith('$$', at)) at += 1;
    else if (text.startsWith('${', at)) {
      open.push(at);
      at += 1;
    } else if (text.charAt(at) === '}') {
      const from = open.pop();
      if (from !== undefined) ends.set(from, at);
    }
  }
  return ends;
};
