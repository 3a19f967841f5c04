import type { Parsed } from './duration.ts';

const units: Readonly<Record<string, number>> = {
  b: 1,
  k: 1000,
  kb: 1000,
  m: 1000 ** 2,
  mb: 1000 ** 2,
  g: 1000 ** 3,
  gb: 1000 ** 3,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
  ki: 1024,
  mi: 1024 ** 2,
  gi: 1024 ** 3,
};

/** `10MB`, `512KB`, `1GiB`, `2000000` in bytes. Decimal units are powers of 1000, `i` units of 1024. Case does not matter. */
export const parseBytes = (text: string): Parsed<number> => {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim());
  const amount = match?.[1] ?? '';
  const unit = (match?.[2] ?? '').toLowerCase();
  const factor = unit === '' ? 1 : Object.hasOwn(units, unit) ? units[unit] : undefined;
  if (match === null || factor === undefined) {
    const near = /^(\d+(?:\.\d+)?)\s*([kmg])/i.exec(text.trim());
    const hint = near === null ? 'write for example 10MB' : `write ${near[1]}${near[2]?.toUpperCase()}B`;
    return { ok: false, problem: `cannot read size "${text}"`, hint };
  }
  const value = Math.round(Number(amount) * factor);
  if (!Number.isSafeInteger(value)) return { ok: false, problem: `size "${text}" is too large`, hint: 'write for example 10MB' };
  return { ok: true, value };
};

/** `512 kB`, `48.2 MB`, `1.3 GB`: in powers of 1000, as sizes are written in a stack file. */
export const formatBytes = (bytes: number): string => {
  if (bytes <= 999_000) return `${Math.ceil(bytes / 1000)} kB`;
  return bytes < 999_950_000 ? `${(bytes / 1000 ** 2).toFixed(1)} MB` : `${(bytes / 1000 ** 3).toFixed(1)} GB`;
};
