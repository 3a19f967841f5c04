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

type Choice = Listed & { readonly selected: string | null; readonly isOpen: boolean; readonly view: string };

/** Who looks at the page sees which service is chosen: its details are open, or the view marks it. */
export const isChoiceShown = (state: Choice): boolean => {
  const { selected, isOpen, view, services } = state;
  if (selected === null || !services.has(selected)) return false;
  if (isOpen || view === 'graph' || view === 'boot') return true;
  return view === 'services' && toVisible(state).includes(selected);
};
