import { excerptLength } from '../../domain/excerpt.ts';
import type { RootCause } from '../../domain/outcome.ts';
import type { ServiceName } from '../../domain/service.ts';
import type { Session } from '../../supervisor/session.ts';
import { toByHand } from '../control/by-hand.ts';
import { hideInCause } from '../control/without-secrets.ts';
import type { FailureFacts } from '../control.ts';

export type FactsOptions = {
  readonly session: Pick<Session, 'stack' | 'records' | 'failureLogs'>;
  readonly notesOf: (name: ServiceName) => readonly string[];
  /** Takes out what is not to be shown. */
  readonly mask?: ((text: string) => string) | undefined;
};

/** Everything there is to say about what failed in a stack. */
export const toFailureFacts = async (
  causes: readonly RootCause[],
  { session, notesOf, mask }: FactsOptions,
): Promise<readonly FailureFacts[]> => {
  const said = await session.failureLogs(excerptLength);
  return causes.flatMap((cause) => {
    const service = session.stack.services.get(cause.name);
    if (service === undefined) return [];
    const byHand = toByHand(service, { stack: session.stack, records: session.records, mask });
    return [
      {
        cause: hideInCause(cause),
        label: service.label,
        logLines: said.get(cause.name) ?? [],
        logFile: service.log.file,
        notes: notesOf(cause.name),
        ...(byHand === null ? {} : { byHand }),
      },
    ];
  });
};
