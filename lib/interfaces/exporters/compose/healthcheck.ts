import type { Probe, Service } from '../../../domain/service.ts';
import { formatDuration } from '../../../util/duration.ts';
import { isPlainCheck, toCurlTest, toHeaderWords } from '../http-check.ts';
import { quoteWord } from '../shell.ts';
import type { TextWriter } from '../text.ts';

/**
 * A healthcheck runs inside the container, so it can use only what most images have: wget of BusyBox or curl for HTTP, `nc` for
 * TCP. The probe as it was stays beside it in `x-muster`.
 */
export const toHealthcheck = (service: Service, write: TextWriter): Readonly<Record<string, unknown>> | undefined => {
  const { health } = service;
  if (health === null) return undefined;
  const test = toTest(health, write);
  return {
    test,
    interval: formatDuration(health.interval),
    timeout: formatDuration(health.timeout),
    retries: health.retries,
    ...(service.healthTimeout === null ? {} : { start_period: formatDuration(service.healthTimeout) }),
  };
};

const toTest = ({ check, timeout }: Probe, write: TextWriter): readonly string[] => {
  const seconds = Math.max(1, Math.ceil(timeout / 1000));
  switch (check.kind) {
    case 'http': {
      const curl = toCurlTest(check, { seconds, write, dollar: '$$' });
      if (!isPlainCheck(check)) return ['CMD-SHELL', curl];
      const words = ['wget', '-q', '-T', String(seconds), '-O', '/dev/null', ...toHeaderWords(check, '--header', write)];
      return ['CMD-SHELL', `${[...words, quoteWord(write(check.url))].join(' ')} || { ${curl}; }`];
    }
    case 'tcp':
      // Not `nc -z`, which not every nc has.
      return ['CMD-SHELL', `nc -w ${seconds} ${quoteWord(write(check.host))} ${quoteWord(write(check.port))} </dev/null`];
    case 'exec':
      return check.command.kind === 'shell'
        ? ['CMD-SHELL', write(check.command.line)]
        : ['CMD', write(check.command.program), ...check.command.args.map(write)];
    case 'log':
    case 'notify':
    case 'file':
      throw new Error(`health is never by ${check.kind}`);
  }
};
