import { defaultStatus } from '../../domain/defaults.ts';
import type { Probe } from '../../domain/service.ts';
import type { LossList } from './exporter.ts';
import { quoteWord } from './shell.ts';
import type { TextWriter } from './text.ts';

type HttpCheck = Extract<Probe['check'], { kind: 'http' }>;

export type CurlOptions = {
  /** Whole seconds that the request may take. */
  readonly seconds: number;
  readonly write: TextWriter;
  /** As the format writes one that is meant for the shell. */
  readonly dollar: string;
};

/**
 * A condition for the shell: curl asks as the probe does, and its status is one of those that the probe takes. Redirects are not
 * followed, as by the probe.
 */
export const toCurlTest = (check: HttpCheck, { seconds, write, dollar }: CurlOptions): string => {
  // With "-X HEAD" curl would wait for a body.
  const method = check.method === 'GET' ? [] : check.method === 'HEAD' ? ['-I'] : ['-X', quoteWord(check.method)];
  const words = ['curl', '-s', '-m', String(seconds), '-o', '/dev/null', '-w', "'%{http_code}'", ...method];
  const asked = [...words, ...toHeaderWords(check, '-H', write), quoteWord(write(check.url))].join(' ');
  return `code=${dollar}(${asked}); ${toStatusTest(check.status, `"${dollar}code"`)}`;
};

/** Each header as a word behind the option that takes it. */
export const toHeaderWords = ({ headers }: HttpCheck, option: string, write: TextWriter): readonly string[] =>
  Object.entries(headers).flatMap(([name, value]) => [option, quoteWord(`${name}: ${write(value)}`)]);

const toStatusTest = (ranges: HttpCheck['status'], code: string): string => {
  const tests = ranges.map(([low, high]) =>
    low === high ? `[ ${code} -eq ${low} ]` : `[ ${code} -ge ${low} ] && [ ${code} -le ${high} ]`,
  );
  return tests.length === 1 ? (tests[0] ?? '') : tests.map((test) => `{ ${test}; }`).join(' || ');
};

/** GET, and every 2xx is well: what each client can do. */
export const isPlainCheck = ({ method, status }: HttpCheck): boolean =>
  method === 'GET' && JSON.stringify(status) === JSON.stringify(defaultStatus);

/** What no line for a shell says of a probe. */
export const tellProbeLosses = (name: string, { check, successes }: Probe, { lose }: LossList): void => {
  if (check.kind === 'http' && check.bodyMatches !== null)
    lose(name, '"body_matches" of its check: only the status of the answer counts there');
  if (successes > 1) lose(name, '"successes" of its check: one is enough there');
};
