import { crc32 } from '../../util/crc.ts';

/**
 * The first line says what the file is; it keeps this form in every version, so that every version can tell a newer file from
 * a damaged one. The checksum covers the version and all that follows the first line.
 */
const formatVersion = 1;

/** A file above this is not ours, whatever it says: the history is bounded far below it. */
export const largestFile: number = 64 * 1024 * 1024;

const headerPattern = /^\{"format":"muster-memory","version":(\d{1,9}),"checksum":"crc32:([0-9a-f]{8})",\n/;
/** Longest that the pattern can match. */
const longestHeader = 96;
/** A newer file with another first line is looked for in files up to this size; above, it would take too long to parse junk. */
const largestOther = 8 * 1024 * 1024;

export type Opened =
  | { readonly kind: 'whole'; readonly value: unknown }
  | { readonly kind: 'newer'; readonly version: number }
  /** `what` is a clause: "is cut off or damaged". */
  | { readonly kind: 'damaged'; readonly what: string };

const encoder = new TextEncoder();

/** Sums up what follows the first line; begin with `crcStart` and go on with the previous sum. */
export const crcStart: number = crc32(encoder.encode(String(formatVersion)));

export const toHeader = (sum: number): Uint8Array =>
  encoder.encode(
    `{"format":"muster-memory","version":${formatVersion},"checksum":"crc32:${sum.toString(16).padStart(8, '0')}",\n`,
  );

export const openDocument = (bytes: Buffer): Opened => {
  if (bytes.length === 0) return { kind: 'damaged', what: 'is empty' };
  const header = headerPattern.exec(bytes.toString('latin1', 0, longestHeader));
  if (header === null) return openOther(bytes);
  const [line, version, checksum] = header;
  const sum = crc32(bytes.subarray(line.length), crc32(encoder.encode(version)));
  if (sum.toString(16).padStart(8, '0') !== checksum)
    return { kind: 'damaged', what: 'is damaged (its checksum does not match)' };
  if (Number(version) > formatVersion) return { kind: 'newer', version: Number(version) };
  if (Number(version) !== formatVersion) return { kind: 'damaged', what: `has an unknown format (version ${version})` };
  const value = parseJson(bytes);
  return value === undefined ? { kind: 'damaged', what: 'is no valid JSON' } : { kind: 'whole', value };
};

/** Without our first line it can be a file of a version that summed differently, or anything. */
const openOther = (bytes: Buffer): Opened => {
  const value = bytes.length > largestOther ? undefined : parseJson(bytes);
  if (typeof value === 'object' && value !== null && 'version' in value) {
    const isOurScheme = 'checksum' in value && typeof value.checksum === 'string' && value.checksum.startsWith('crc32:');
    const { version } = value;
    if (!isOurScheme && typeof version === 'number' && version > formatVersion) return { kind: 'newer', version };
  }
  return { kind: 'damaged', what: value === undefined ? 'is cut off or damaged' : 'is damaged or not a memory of muster' };
};

const parseJson = (bytes: Buffer): unknown => {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    // Not JSON: the caller says so. There is nothing in the parser's words that would help anybody to mend it.
    return undefined;
  }
};
