import type { Answer } from './http.ts';

/** The cluster's own word for why it does not do what it was asked for, on one line of at most 500 characters. */
export const toProblem = ({ status, text }: Answer): string => {
  const { message } = (toData(text) ?? {}) as { message?: unknown };
  const said = typeof message === 'string' ? message : text.trim().slice(0, 200);
  return said === '' ? `the cluster answers with status ${status}` : said.replaceAll(/\s+/g, ' ').slice(0, 500);
};

/** Null: no JSON is no answer of an API; whoever asked tells its text. */
export const toData = (text: string): object | null => {
  try {
    const data: unknown = JSON.parse(text);
    return typeof data === 'object' ? data : null;
  } catch {
    return null;
  }
};
