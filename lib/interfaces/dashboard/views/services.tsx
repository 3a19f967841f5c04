import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { formatBytes } from '../../../util/bytes.ts';
import { Filter } from '../parts/filter.tsx';
import { Icon } from '../parts/icon.tsx';
import { Name } from '../parts/name.tsx';
import { Shape } from '../parts/shape.tsx';
import { phone, useMedia, useNow } from '../parts/use-now.ts';
import { VirtualList } from '../parts/virtual-list.tsx';
import { restart, start, stop } from '../state/actions.ts';
import { app, type Seen, select } from '../state/app.ts';
import { isBusy, type Word } from '../state/busy.ts';
import { useStore } from '../state/store.ts';
import { toVisible } from '../state/visible.ts';
import { formatAge, formatPorts, isAtRest, isLive, tellAbout, toneOf } from '../state/words.ts';
import { WholeStack } from './whole-stack.tsx';

export const ServicesView = (): JSX.Element => {
  const order = useStore(app, (state) => state.order);
  const services = useStore(app, (state) => state.services);
  const filter = useStore(app, (state) => state.filter);
  const selected = useStore(app, (state) => state.selected);
  const isFailedFirst = useStore(app, (state) => state.isFailedFirst);
  const isPhone = useMedia(phone);
  useListFocus(selected);
  const names = toVisible({ order, services, filter, isFailedFirst });
  const hasFailed = order.some((name) => services.get(name)?.state === 'failed');
  const at = selected === null ? null : names.indexOf(selected);
  return (
    <section class="services panel">
      <div class="bar">
        <Filter
          value={filter}
          onInput={(text) => app.set({ filter: text })}
          label="Find a service"
          placeholder="Find by name, state or port"
        />
        <span class="dim">
          {names.length === order.length ? `${order.length} services` : `${names.length} of ${order.length}`}
        </span>
        <span class="spacer" />
        {hasFailed ? (
          <button
            type="button"
            class="button"
            aria-pressed={isFailedFirst}
            onClick={() => app.set({ isFailedFirst: !isFailedFirst })}
          >
            Failed first
          </button>
        ) : null}
        <WholeStack />
      </div>
      {names.length === 0 ? <p class="empty">No service is like that.</p> : null}
      <VirtualList
        class="service-list"
        role="grid"
        label="Services"
        count={names.length}
        rowHeight={isPhone ? 60 : 38}
        head={isPhone ? null : <Head />}
        active={at === null || at === -1 ? null : toRowId(selected ?? '')}
        at={at === -1 ? null : at}
        row={(index) => <Row key={names[index]} name={names[index] ?? ''} index={index} isPhone={isPhone} />}
      />
    </section>
  );
};

const columns: readonly (readonly [title: string, style: string])[] = [
  ['Service', ''],
  ['State', ''],
  ['About it', 'wide'],
  ['Ports', 'wide'],
  ['For', 'wide number'],
  ['CPU', 'wide number is-use'],
  ['Memory', 'wide number is-use'],
];

const Head = (): JSX.Element => (
  <div class="service-row service-head" role="row" aria-rowindex={1}>
    {columns.map(([title, style]) => (
      <span key={title} class={style} role="columnheader">
        {title}
      </span>
    ))}
    <span role="columnheader" aria-label="Actions" />
  </div>
);

const toRowId = (name: string): string => `service ${name}`.replaceAll(' ', '-');

/** What is chosen by a key is read out by whoever has the focus: that is the list, where it is nobody else. */
const useListFocus = (selected: string | null): void => {
  useEffect(() => {
    if (selected === null || document.activeElement !== document.body) return;
    document.querySelector<HTMLElement>('.service-list')?.focus({ preventScroll: true });
  }, [selected]);
};

const Row = ({
  name,
  index,
  isPhone,
}: {
  readonly name: string;
  readonly index: number;
  readonly isPhone: boolean;
}): JSX.Element | null => {
  const service = useStore(app, (state) => state.services.get(name));
  const isSelected = useStore(app, (state) => state.selected === name);
  if (service === undefined) return null;
  const choose = (event: MouseEvent): void => {
    if (event.target instanceof Element && event.target.closest('button, a') !== null) return;
    select(name);
  };
  return (
    <div
      class={`service-row ${isSelected ? 'is-selected' : ''}`}
      role="row"
      id={toRowId(name)}
      aria-rowindex={index + (isPhone ? 1 : 2)}
      aria-selected={isSelected}
      data-service={name}
      data-state={service.state}
      onClick={choose}
    >
      <span class="name" role="rowheader">
        <button type="button" class="link" aria-label={name} onClick={() => select(name)}>
          <Name name={name} />
        </button>
        {service.label === name ? null : <span class="dim label">{service.label}</span>}
        {service.type === 'task' ? <span class="tag">task</span> : null}
        {service.optional ? <span class="tag">optional</span> : null}
        {service.edited === undefined ? null : <span class="tag">{service.edited === 'gone' ? 'taken out' : 'edited'}</span>}
      </span>
      <State service={service} />
      {isPhone ? <About service={service} /> : <Facts service={service} />}
      <Actions service={service} />
    </div>
  );
};

export const State = ({ service }: { readonly service: Seen }): JSX.Element => (
  <span class={`state tone-${toneOf(service)}`} role="gridcell">
    <Shape state={service.state} /> {service.state}
  </span>
);

/** Milliseconds since it was heard of, again and again: tenths where a time is counted down. */
export const useLater = (service: Seen | undefined): number =>
  useNow(service?.countdown === undefined ? 1_000 : 100) - (service?.seenAt ?? 0);

/** Where to find it, in the one line that a phone has for all that. */
const tellPlace = (service: Seen): string =>
  isAtRest(service.state) ? '' : (service.url?.replace(/^https?:\/\//, '') ?? formatPorts(service));

const About = ({ service }: { readonly service: Seen }): JSX.Element => (
  <span class="dim about" role="gridcell">
    {tellAbout(service, useLater(service)) || tellPlace(service)}
  </span>
);

const Facts = ({ service }: { readonly service: Seen }): JSX.Element => {
  const usage = useStore(app, (state) => state.usage.get(service.name));
  const later = useLater(service);
  const runs = isLive(service.state);
  const about = tellAbout(service, later);
  return (
    <>
      <span class="about" role="gridcell" title={about}>
        {about === '' ? null : <span>{about}</span>}
        {runs && service.url !== null ? <Url url={service.url} /> : null}
      </span>
      <span class="mono ports" role="gridcell">
        {isAtRest(service.state) ? '' : formatPorts(service)}
      </span>
      <span class="number" role="gridcell">
        {service.state === 'idle' ? '' : formatAge(service.for + later)}
      </span>
      <span class="number is-use" role="gridcell">
        {!runs || usage === undefined || usage.cpu === null ? '' : `${usage.cpu.toFixed(usage.cpu < 10 ? 1 : 0)} %`}
      </span>
      <span class="number is-use" role="gridcell">
        {!runs || usage === undefined || usage.memory === null ? '' : formatBytes(usage.memory)}
      </span>
    </>
  );
};

/** Only what a browser opens as a page; the other page learns nothing of where it was opened from. */
export const Url = ({ url }: { readonly url: string }): JSX.Element | null =>
  /^https?:\/\//.test(url) ? (
    <a class="url" href={url} target="_blank" rel="noopener noreferrer">
      {url.replace(/^https?:\/\//, '')} <Icon name="open" />
    </a>
  ) : null;

export const Actions = ({ service, isWordy = false }: { readonly service: Seen; readonly isWordy?: boolean }): JSX.Element => {
  const { name } = service;
  const first = isAtRest(service.state) ? 'start' : 'stop';
  const isFirstBusy = useStore(app, (state) => isBusy(state, first, name));
  const isRestartBusy = useStore(app, (state) => isBusy(state, 'restart', name));
  const button = (word: Word, isDisabled: boolean, run: (name: string) => void): JSX.Element => (
    <button
      type="button"
      class="action"
      aria-disabled={isDisabled}
      title={`${word} ${name}`}
      aria-label={`${word} ${name}`}
      onClick={() => run(name)}
    >
      <Icon name={word} />
      {isWordy ? ` ${word}` : null}
    </button>
  );
  return (
    <span class="actions" role="gridcell">
      {button(first, isFirstBusy, first === 'start' ? start : stop)}
      {button('restart', isRestartBusy, restart)}
    </span>
  );
};
