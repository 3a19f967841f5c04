import type { Probe, Service } from '../../../domain/service.ts';
import { toCurlTest } from '../http-check.ts';
import { quoteWord } from '../shell.ts';
import type { TextWriter } from '../text.ts';

/**
 * A line for the shell that returns when the service is ready: systemd counts a unit as started when its ExecStartPost has ended,
 * and gives up at TimeoutStartSec. Null: systemd has no way to see that sign.
 */
export const toWaitLine = ({ ready }: Service, write: TextWriter): string | null => {
  const test = ready === null ? null : toTest(ready, write);
  return test === null ? null : `until ${test}; do sleep 0.1; done`;
};

const toTest = ({ check, timeout }: Probe, write: TextWriter): string | null => {
  const seconds = Math.max(1, Math.ceil(timeout / 1000));
  switch (check.kind) {
    case 'http':
      return toCurlTest(check, { seconds, write, dollar: '$' });
    case 'tcp':
      // bash's own: nothing has to be installed for it.
      return `timeout ${seconds} bash -c ': >"/dev/tcp/$0/$1"' ${quoteWord(write(check.host))} ${quoteWord(write(check.port))} 2>/dev/null`;
    case 'exec':
      return `timeout ${seconds} ${check.command.kind === 'shell' ? `sh -c ${quoteWord(write(check.command.line))}` : [check.command.program, ...check.command.args].map((word) => quoteWord(write(word))).join(' ')} >/dev/null 2>&1`;
    case 'file':
      return `test -e ${quoteWord(write(check.path))}`;
    case 'log':
    case 'notify':
      return null;
  }
};
