import { fixedPorts } from '../../domain/fixed-ports.ts';
import { findAddressee } from '../../domain/replicas.ts';
import type { Service, ServiceName, Stack } from '../../domain/service.ts';
import type { ServiceRecord } from '../../domain/state.ts';
import { type AddressOf, renderCommand } from '../../supervisor/addresses.ts';
import { toSafeText } from '../../util/terminal-text.ts';

export type ByHandOptions = {
  readonly stack: Pick<Stack, 'services'>;
  readonly records: ReadonlyMap<ServiceName, ServiceRecord>;
  /** Takes out what is not to be shown. */
  readonly mask?: ((text: string) => string) | undefined;
};

/** What a service runs, word by word, to be typed by hand. Null: it holds what is not to be shown, or cannot be told in one line. */
export const toByHand = (service: Service, { stack, records, mask }: ByHandOptions): readonly string[] | null => {
  const addressOf: AddressOf = (name) => {
    const found = findAddressee(stack.services, name);
    if (found === undefined) return null;
    const bound = records.get(found.name)?.ports ?? [];
    return { host: found.host, ports: bound.length > 0 ? bound : fixedPorts(found) };
  };
  const command = renderCommand(service.command, addressOf);
  const words = 'line' in command ? ['sh', '-c', command.line] : [command.program, ...command.args];
  const isTold = words.every((word) => (mask?.(word) ?? word) === word && toSafeText(word, { colours: false }) === word);
  return isTold ? words : null;
};
