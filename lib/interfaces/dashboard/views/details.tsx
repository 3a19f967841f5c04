import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { excerptLength, toExcerpt } from '../../../domain/excerpt.ts';
import { formatBytes } from '../../../util/bytes.ts';
import { AnsiLine } from '../parts/ansi.tsx';
import { Icon } from '../parts/icon.tsx';
import { app, select, show } from '../state/app.ts';
import { usePolled } from '../state/poll.ts';
import { useStore } from '../state/store.ts';
import type { ServiceDetails, WhyAnswer } from '../state/types.ts';
import { formatAge, formatMs, formatPorts, isAtRest, isLive, tellAbout } from '../state/words.ts';
import { Actions, State, Url, useLater } from './services.tsx';

/** One service, beside whatever view is open. */
export const Details = (): JSX.Element | null => {
  const name = useStore(app, (state) => state.selected) ?? '';
  const service = useStore(app, (state) => state.services.get(name));
  const usage = useStore(app, (state) => state.usage.get(name));
  const root = useStore(app, (state) => state.stack?.root) ?? '';
  const later = useLater(service);
  const path = `services/${encodeURIComponent(name)}`;
  const { value: facts } = usePolled<ServiceDetails>(path, null, service?.state);
  const box = useRef<HTMLElement>(null);
  useFocusBack(box, name);
  if (service === undefined) return null;
  const about = tellAbout(service, later);
  const known = facts?.name === name ? facts : null;
  return (
    <aside ref={box} class="details" aria-label={`About ${name}`}>
      <div class="details-head">
        <h2>{name}</h2>
        <button type="button" class="action" aria-label="Close" onClick={() => select(name, false)}>
          <Icon name="close" />
        </button>
      </div>
      {service.label === name ? null : <p class="dim">{service.label}</p>}
      <p class="details-state">
        <State service={service} />
        <span class="dim">{service.state === 'idle' ? '' : `for ${formatAge(service.for + later)}`}</span>
      </p>
      {about === '' ? null : <p class="reason">{about}</p>}
      <div class="details-actions">
        <Actions service={service} isWordy />
        <button
          type="button"
          class="action"
          onClick={() => {
            app.set({ logsOf: [name] });
            show('logs');
          }}
        >
          <Icon name="logs" /> log
        </button>
      </div>
      <dl class="facts">
        {isLive(service.state) && service.url !== null ? <Fact name="Address" value={<Url url={service.url} />} /> : null}
        {service.pid === null ? null : <Fact name="Process" value={<span class="mono">{service.pid}</span>} />}
        {service.ports.length === 0 || isAtRest(service.state) ? null : (
          <Fact name="Ports" value={<span class="mono">{formatPorts(service)}</span>} />
        )}
        {service.bootTime === null ? null : <Fact name="Ready after" value={formatMs(service.bootTime)} />}
        <Fact
          name="Starts"
          value={`${service.attempt}${service.restarts > 0 ? `, ${service.restarts} by its policy lately` : ''}`}
        />
        {isLive(service.state) && usage !== undefined ? (
          <Fact
            name="Uses"
            value={[
              usage.cpu === null ? '' : `${usage.cpu.toFixed(1)} % CPU`,
              usage.memory === null ? '' : formatBytes(usage.memory),
              `${usage.processes} ${usage.processes === 1 ? 'process' : 'processes'}`,
            ]
              .filter((part) => part !== '')
              .join(', ')}
          />
        ) : null}
        {known === null ? null : (
          <>
            <Fact name="Needs" value={<Names names={known.dependsOn.map(({ on }) => on)} />} />
            <Fact name="Needed by" value={<Names names={known.dependents} />} />
            <Fact name="Command" value={<code class="command">{known.command}</code>} />
            <Fact name="Folder" value={<code class="command">{toShort(known.cwd, root)}</code>} />
            {known.env.length === 0 ? null : (
              <Fact
                name="Variables"
                value={
                  <span class="mono dim env">
                    {known.env.map((each) => (each.set ? each.name : `${each.name} (empty)`)).join(' ')}
                  </span>
                }
              />
            )}
          </>
        )}
      </dl>
      {service.state === 'ready' || service.state === 'completed' ? null : <Why name={name} state={service.state} />}
    </aside>
  );
};

/** Who had the focus when it was opened has it again when it is closed from within; what is chosen in it may be gone with its button. */
const useFocusBack = (box: { readonly current: HTMLElement | null }, name: string): void => {
  useLayoutEffect(() => {
    const opener = document.activeElement;
    return () => {
      if (box.current?.contains(document.activeElement) !== true) return;
      const list = document.querySelector('.service-list');
      const next = opener !== document.body && opener?.isConnected === true ? opener : list;
      if (next instanceof HTMLElement || next instanceof SVGElement) next.focus();
    };
  }, []);
  useEffect(() => {
    if (document.activeElement === document.body) box.current?.querySelector('button')?.focus();
  }, [name]);
};

/** As seen from the project. */
const toShort = (folder: string, root: string): string =>
  folder === root ? '.' : folder.startsWith(`${root}/`) ? folder.slice(root.length + 1) : folder;

const Fact = ({ name, value }: { readonly name: string; readonly value: JSX.Element | string }): JSX.Element => (
  <div>
    <dt>{name}</dt>
    <dd>{value}</dd>
  </div>
);

const Names = ({ names }: { readonly names: readonly string[] }): JSX.Element =>
  names.length === 0 ? (
    <span class="dim">nobody</span>
  ) : (
    <span class="names">
      {names.map((name) => (
        <button key={name} type="button" class="chip link" onClick={() => select(name)}>
          {name}
        </button>
      ))}
    </span>
  );

const Why = ({ name, state }: { readonly name: string; readonly state: string }): JSX.Element | null => {
  const { value: why } = usePolled<WhyAnswer>(`services/${encodeURIComponent(name)}/why`, null, state);
  if (why === null) return null;
  return (
    <section class="why">
      <h3>Why</h3>
      <ol>
        {why.steps.map((step) => (
          <li key={step.service}>
            <strong>{step.service}</strong> {step.because}
          </li>
        ))}
      </ol>
      {why.logLines.length === 0 ? null : (
        <pre class="log-tail">
          {toExcerpt(why.logLines, excerptLength).map((line, index) => (
            <div key={index}>
              <AnsiLine text={line} found="" />
            </div>
          ))}
        </pre>
      )}
    </section>
  );
};
