/**
 * The words of a command line as options, their values and positionals, by the rules of `parseArgs` of `node:util`, which a test
 * holds this against: to load that one costs a command that only asks a tenth of its time.
 */
export type Token =
  | { readonly kind: 'positional'; readonly index: number; readonly value: string }
  | { readonly kind: 'option-terminator'; readonly index: number }
  | {
      readonly kind: 'option';
      /** The long name; a short one that nothing is known of stays as it is. */
      readonly name: string;
      /** As it was typed, without a value: `-f`, `--file`. */
      readonly rawName: string;
      /** Of the word that it is in. */
      readonly index: number;
      readonly value: string | undefined;
      /** The value is in the same word; undefined: there is none. */
      readonly inlineValue: boolean | undefined;
    };

/** Each of another type than `flag` takes a value. */
export type KnownOptions = Readonly<Record<string, { readonly type: string; readonly short?: string }>>;

export const toTokens = (words: readonly string[], options: KnownOptions): readonly Token[] => {
  const tokens: Token[] = [];
  const takesValue = (name: string): boolean => Object.hasOwn(options, name) && options[name]?.type !== 'flag';
  const nameOf = (short: string): string => Object.keys(options).find((name) => options[name]?.short === short) ?? short;
  const left = [...words];
  let index = -1;
  /** Of what is left, so many are of the word at `index`. */
  let ofThisWord = 0;

  const add = (name: string, rawName: string): void => {
    const value = takesValue(name) ? left.shift() : undefined;
    tokens.push({ kind: 'option', name, rawName, index, value, inlineValue: value === undefined ? undefined : false });
    if (value !== undefined) index += 1;
  };
  const addInline = (name: string, rawName: string, value: string): void =>
    void tokens.push({ kind: 'option', name, rawName, index, value, inlineValue: true });

  for (let word = left.shift(); word !== undefined; word = left.shift()) {
    if (ofThisWord > 0) ofThisWord -= 1;
    else index += 1;
    const name = nameOf(word.charAt(1));
    const equals = word.includes('=', 3) ? word.indexOf('=') : -1;
    if (word === '--') {
      tokens.push({ kind: 'option-terminator', index });
      for (const value of left.splice(0)) tokens.push({ kind: 'positional', index: (index += 1), value });
    } else if (word.length < 2 || !word.startsWith('-')) tokens.push({ kind: 'positional', index, value: word });
    else if (word.startsWith('--')) {
      if (equals < 0) add(word.slice(2), word);
      else addInline(word.slice(2, equals), word.slice(0, equals), word.slice(equals + 1));
    } else if (word.length === 2) add(name, word);
    else if (takesValue(name)) addInline(name, word.slice(0, 2), word.slice(2));
    else {
      const apart = splitGroup(word, (short) => takesValue(nameOf(short)));
      left.unshift(...apart);
      ofThisWord = apart.length;
    }
  }
  return tokens;
};

/** `-abf1` as `-a`, `-b` and `-f1`, where f takes a value. */
const splitGroup = (word: string, takesValue: (short: string) => boolean): readonly string[] => {
  const apart: string[] = [];
  for (let at = 1; at < word.length; at += 1) {
    const isLast = takesValue(word.charAt(at));
    apart.push(`-${isLast ? word.slice(at) : word.charAt(at)}`);
    if (isLast) break;
  }
  return apart;
};
