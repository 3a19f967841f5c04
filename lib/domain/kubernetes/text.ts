import { groupOf } from '../replicas.ts';
import type { AddressRef, Command, Service, ServiceName, Text } from '../service.ts';
import type { Workload } from './workload.ts';

/** Writes text with the addresses of other services as they are in the cluster. */
export type ClusterText = (text: Text) => string;

/**
 * Others are found by the names of their Services; the service itself listens on every address of its pod, or nobody could reach
 * it, and reaches itself on its loopback.
 */
export const createClusterText = (self: Workload, workloads: ReadonlyMap<ServiceName, Workload>): ClusterText => {
  const toAddress = ({ service: name, what }: AddressRef): string => {
    const target = findWorkload(name, workloads);
    const isOwn = target === undefined || target === self;
    const port = String(firstPort(target?.service ?? self.service) ?? '');
    if (what === 'port') return port;
    if (what === 'url') return `http://${isOwn ? '127.0.0.1' : target.objectName}:${port}`;
    return isOwn ? '0.0.0.0' : target.objectName;
  };
  return (text) =>
    typeof text === 'string' ? text : text.map((part) => (typeof part === 'string' ? part : toAddress(part))).join('');
};

/** Of what there is of each workload, by the workload's own name or that of an instance. */
export const findWorkload = <T>(name: ServiceName, workloads: ReadonlyMap<ServiceName, T>): T | undefined =>
  workloads.get(name) ?? workloads.get(groupOf(name) ?? '');

export const firstPort = ({ ports }: Pick<Service, 'ports'>): number | null => ports[0]?.wanted ?? null;

/** Kubernetes fills in `$(NAME)` in commands, arguments and variables; `$$` is a `$` to it. */
export const escapeDollars = (text: string): string => text.replaceAll('$', '$$$$');

/** The words of a command; a line for the shell is given to it. */
export const toWords = (command: Command, write: ClusterText): readonly string[] =>
  command.kind === 'shell' ? ['/bin/sh', '-c', write(command.line)] : [write(command.program), ...command.args.map(write)];
