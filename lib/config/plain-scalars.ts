import { isScalar, type Scalar, Schema } from 'yaml';

const { tags } = new Schema({ schema: 'core' });

/** How plain text begins, or what it is, where it may be anything but text. */
const mayBeSpecial = /^(?:[\d.]|true$|false$|null$)/i;

/** What text without quotes means: what the first of the package's own tags that knows it makes of it. */
export const resolvePlain = (source: string): string | number | boolean | null | Scalar => {
  if (!mayBeSpecial.test(source)) return source;
  for (const tag of tags) {
    if (tag.collection === undefined && tag.default === true && tag.test?.test(source) === true) {
      return tag.resolve(source, () => undefined, {}) as number | boolean | null | Scalar;
    }
  }
  return source;
};

/** The same without what a node tells besides. */
export const plainValueOf = (source: string): unknown => {
  // Ports and counts, where there is no doubt.
  if (/^[1-9]\d{0,8}$/.test(source)) return Number(source);
  const value = resolvePlain(source);
  return isScalar(value) ? value.value : value;
};
