import { findAddressee } from '../../domain/replicas.ts';
import { toHttpAddress, toReachable } from '../../domain/resolve/address.ts';
import type { AddressRef, Command, Service, ServiceName, Text } from '../../domain/service.ts';
import { fixedPort } from './ports.ts';

/** Fills in the addresses of other services as the other format names them. */
export type TextWriter = (text: Text) => string;

export const createTextWriter =
  (toAddress: (ref: AddressRef) => string, escape: (text: string) => string = (text) => text): TextWriter =>
  (text) =>
    typeof text === 'string'
      ? escape(text)
      : text.map((part) => (typeof part === 'string' ? escape(part) : toAddress(part))).join('');

/** Where services find each other when all of them run on this machine, on the ports that the file gives them. */
export const toLocalAddress =
  (services: ReadonlyMap<ServiceName, Service>) =>
  ({ service: name, what }: AddressRef): string => {
    const service = findAddressee(services, name);
    const host = toReachable(service?.host ?? '127.0.0.1');
    const port = service === undefined ? null : fixedPort(service);
    if (what === 'host') return host;
    return what === 'port' ? String(port ?? '') : toHttpAddress(host, port ?? '');
  };

/** The words of a command; a line for the shell is given to it. */
export const toWords = (command: Command, write: TextWriter): readonly string[] =>
  command.kind === 'shell' ? ['/bin/sh', '-c', write(command.line)] : [write(command.program), ...command.args.map(write)];
