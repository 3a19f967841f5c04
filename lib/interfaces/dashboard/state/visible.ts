import type { ServiceSnapshot } from './types.ts';

type Listed = {
  readonly order: readonly string[];
  readonly services: ReadonlyMap<string, ServiceSnapshot>;
  readonly filter: string;
};

/** The services that the filter lets through: by name, label, state or port. */
export const toVisible = ({ order, services, filter }: Listed): readonly string[] => {
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
