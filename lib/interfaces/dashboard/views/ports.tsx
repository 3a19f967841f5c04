import type { JSX } from 'preact';
import { Name } from '../parts/name.tsx';
import { Shape } from '../parts/shape.tsx';
import { Unread } from '../parts/unread.tsx';
import { select } from '../state/app.ts';
import { usePolled } from '../state/poll.ts';
import type { Orphan, Port, StateKind } from '../state/types.ts';
import type { Tone } from '../state/words.ts';

const every = 4_000;

const owners: Readonly<Record<Port['owner'], readonly [words: string, tone: Tone, shape: StateKind]>> = {
  service: ['the service', 'good', 'ready'],
  stack: ['another of this stack', 'bad', 'failed'],
  'other-stack': ['another stack', 'bad', 'failed'],
  stranger: ['a stranger', 'bad', 'failed'],
  nobody: ['nobody', 'dim', 'idle'],
};

/** Who listens on which port, and what nobody supervises. */
export const PortsView = (): JSX.Element => {
  const ports = usePolled<{ readonly ports: readonly Port[] }>('ports', every);
  const orphans = usePolled<{ readonly orphans: readonly Orphan[] }>('orphans', every);
  return (
    <section class="ports-view panel scroll" tabIndex={0}>
      <h2>Ports</h2>
      {ports.value === null ? (
        <Unread class="dim" what="Who listens" failure={ports.failure} />
      ) : (
        <Ports ports={ports.value.ports} />
      )}
      <h2>Left over</h2>
      {orphans.value === null ? (
        <Unread class="dim" what="What is left over" failure={orphans.failure} />
      ) : (
        <Orphans orphans={orphans.value.orphans} />
      )}
    </section>
  );
};

const Ports = ({ ports }: { readonly ports: readonly Port[] }): JSX.Element =>
  ports.length === 0 ? (
    <p class="dim">No service has a port.</p>
  ) : (
    <table class="table">
      <thead>
        <tr>
          <th scope="col" class="number">
            Port
          </th>
          <th scope="col">Service</th>
          <th scope="col">Held by</th>
          <th scope="col" class="number">
            Pid
          </th>
          <th scope="col" class="wide">
            User
          </th>
          <th scope="col" class="wide">
            Command
          </th>
        </tr>
      </thead>
      <tbody>
        {ports.map((port) => {
          const [words, tone, shape] = owners[port.owner];
          const [holder] = port.holders;
          return (
            <tr key={`${port.service} ${port.name} ${port.wanted}`} data-port={port.port}>
              <td class="number mono">{port.port ?? 'any'}</td>
              <th scope="row">
                <button type="button" class="link" aria-label={port.service} onClick={() => select(port.service)}>
                  <Name name={port.service} />
                </button>
                {port.name === null ? null : <span class="dim"> {port.name}</span>}
              </th>
              <td class={`tone-${tone}`}>
                <Shape state={shape} size={12} /> {words}
              </td>
              <td class="number mono">{holder?.pid ?? ''}</td>
              <td class="wide">{holder?.user ?? ''}</td>
              <td class="wide mono cut" title={holder?.command ?? ''}>
                {holder?.command ?? ''}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );

const Orphans = ({ orphans }: { readonly orphans: readonly Orphan[] }): JSX.Element =>
  orphans.length === 0 ? (
    <p class="dim">No process of this stack is without a supervisor.</p>
  ) : (
    <>
      <p>
        These are of this stack, and nobody supervises them. <code>muster recover</code> ends them.
      </p>
      <table class="table">
        <thead>
          <tr>
            <th scope="col" class="number">
              Pid
            </th>
            <th scope="col">Of service</th>
            <th scope="col" class="wide">
              User
            </th>
            <th scope="col">Command</th>
          </tr>
        </thead>
        <tbody>
          {orphans.map(({ pid, service, user, command }) => (
            <tr key={pid}>
              <td class="number mono">{pid}</td>
              <th scope="row">
                <Name name={service} />
              </th>
              <td class="wide">{user ?? ''}</td>
              <td class="mono cut" title={command}>
                {command}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
