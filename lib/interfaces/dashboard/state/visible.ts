import type { ServiceSnapshot } from './types.ts';

type Listed = {
  readonly order: readonly string[];
  readonly services: ReadonlyMap<string, ServiceSnapshot>;
  readonly filter: string;
  /** Those that have failed stand before all others. */
  readonly isFailedFirst: boolean;
};

/** The services that the filter lets through: by name, label, state or port. */
export const toVisible = (listed: Listed): readonly string[] => {
  const names = toFound(listed);
  if (!listed.isFailedFirst) return names;
  const isFailed = (name: string): boolean => listed.services.get(name)?.state === 'failed';
  const failed = names.filter(isFailed);
  return failed.length === 0 ? names : [...failed, ...names.filter((name) => !isFailed(name))];
};

const toFound = ({ order, services, filter }: Listed): readonly string[] => {
  const words = filter
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  if (words.length === 0) return order;
  return order.filter((name) => {
    const service = services.get(name);
    if (service === undefined) return false;
    const text = `${name} ${service.label} ${service.state} ${service.ports.map(({ port }) => port).join(' ')}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
};
