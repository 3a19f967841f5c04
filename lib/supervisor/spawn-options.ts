import { logFilesOf } from '../domain/log-files.ts';
import type { BoundPort, Marker } from '../domain/process.ts';
import type { Service, ServiceName, Stack } from '../domain/service.ts';
import type { SpawnOptions } from '../runtime/processes.ts';
import { type AddressOf, renderCommand, renderEnvironment } from './addresses.ts';

export type SpawnContext = {
  readonly stack: Pick<Stack, 'root'>;
  /** Of muster itself; services inherit it. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Where the `notify` files are; private to the user. */
  readonly notifyDir: string;
  readonly markerOf: (name: ServiceName, attempt: number) => Marker;
  readonly addressOf: AddressOf;
};

/** Everything that the process of an attempt is made of, with these ports of its own and the addresses of others as they are now. */
export type ToSpawnOptions = (service: Service, attempt: number, ports: readonly BoundPort[]) => SpawnOptions;

export const createToSpawnOptions =
  ({ stack, environment, notifyDir, markerOf, addressOf }: SpawnContext): ToSpawnOptions =>
  (service, attempt, ports) => {
    const notify = notifyFileOf(service, notifyDir);
    const env = renderEnvironment({ service, ports, base: environment, addressOf });
    if (notify !== null) env.NOTIFY_FD = '3';
    const [stdout = service.log.file, stderr = stdout] = logFilesOf(service);
    return {
      marker: markerOf(service.name, attempt),
      command: renderCommand(service.command, addressOf),
      cwd: service.cwd,
      env,
      stdout,
      stderr,
      notify,
      logRoot: stack.root,
    };
  };

export const notifyFileOf = ({ name, ready }: Service, folder: string): string | null =>
  ready?.check.kind === 'notify' ? `${folder}/${name}.notify` : null;
