/**
 * SHA-256 (FIPS 180-4) of a few bytes. To load Node's own `crypto` for one name costs every command that talks to a supervisor
 * a tenth of its time; test/util/sha256.test.ts holds this against it.
 */

const isPrime = (number: number): boolean => {
  for (let divisor = 2; divisor * divisor <= number; divisor += 1) if (number % divisor === 0) return false;
  return true;
};

const firstPrimes = (count: number): readonly number[] => {
  const primes: number[] = [];
  for (let number = 2; primes.length < count; number += 1) if (isPrime(number)) primes.push(number);
  return primes;
};

/** The first 32 bits behind the point. */
const fraction = (value: number): number => Math.floor((value - Math.floor(value)) * 2 ** 32) | 0;

const primes = firstPrimes(64);
const constants = primes.map((prime) => fraction(Math.cbrt(prime)));
const start = primes.slice(0, 8).map((prime) => fraction(Math.sqrt(prime)));

const rotate = (word: number, by: number): number => (word >>> by) | (word << (32 - by));

/** The message with its end marked, in blocks of 64 bytes, its length in bits at the end. */
const pad = (message: Uint8Array): DataView => {
  const length = Math.ceil((message.length + 9) / 64) * 64;
  const bytes = new Uint8Array(length);
  bytes.set(message);
  bytes[message.length] = 0x80;
  const view = new DataView(bytes.buffer);
  view.setUint32(length - 8, Math.floor(message.length / 2 ** 29));
  view.setUint32(length - 4, (message.length << 3) >>> 0);
  return view;
};

const at = (words: readonly number[], index: number): number => words[index] ?? 0;

const schedule = (view: DataView, block: number): readonly number[] => {
  const words: number[] = [];
  for (let index = 0; index < 64; index += 1) {
    if (index < 16) {
      words.push(view.getInt32(block + index * 4));
      continue;
    }
    const [before, last] = [at(words, index - 15), at(words, index - 2)];
    const low = rotate(before, 7) ^ rotate(before, 18) ^ (before >>> 3);
    const high = rotate(last, 17) ^ rotate(last, 19) ^ (last >>> 10);
    words.push((at(words, index - 16) + low + at(words, index - 7) + high) | 0);
  }
  return words;
};

const compress = (state: readonly number[], words: readonly number[]): readonly number[] => {
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
  for (let index = 0; index < 64; index += 1) {
    const high = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const first = (h + high + ((e & f) ^ (~e & g)) + at(constants, index) + at(words, index)) | 0;
    const low = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const second = (low + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0];
  }
  return [a, b, c, d, e, f, g, h].map((word, index) => (word + at(state, index)) | 0);
};

/** As 64 lower-case hexadecimal characters. */
export const sha256 = (message: Uint8Array): string => {
  const view = pad(message);
  let state: readonly number[] = start;
  for (let block = 0; block < view.byteLength; block += 64) state = compress(state, schedule(view, block));
  return state.map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
};
