/** What was said, to be said again elsewhere: of much, the newest texts, and always the last one. */
export type Said = { readonly add: (text: string) => void; readonly all: () => string };

/** `most`: characters that are kept. */
export const createSaid = (most: number): Said => {
  const texts: string[] = [];
  let length = 0;
  return {
    add: (text) => {
      if (text === '') return;
      texts.push(text);
      length += text.length;
      while (texts.length > 1 && length > most) length -= texts.shift()?.length ?? 0;
    },
    all: () => texts.join(''),
  };
};
