import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConnectOptions, connectControl } from '../../lib/interfaces/control/client.ts';
import type { Limits } from '../../lib/interfaces/control/client-limits.ts';
import { type ControlServer, serveControl } from '../../lib/interfaces/control/server.ts';
import type { StackControl } from '../../lib/interfaces/control.ts';
import { until } from '../support/procs.ts';
import { aSession, type SessionRig } from '../support/sessions.ts';
import { aDependency, aService, aStack } from '../support/stacks.ts';

/** A client that says what it is told to say, byte by byte if need be. */
type RawClient = {
  readonly socket: Socket;
  readonly lines: () => readonly Record<string, unknown>[];
  readonly line: (fits?: (line: Record<string, unknown>) => boolean) => Promise<Record<string, unknown>>;
  readonly isClosed: () => boolean;
};

type ServerRig = SessionRig & {
  readonly folder: string;
  readonly path: string;
  readonly server: ControlServer;
  readonly problems: string[];
};

/** What the test that runs has to undo. */
export const cleanUps: (() => Promise<void> | void)[] = [];

export const aFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'muster-control-'));
  cleanUps.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

type ServeHere = {
  readonly limits?: Partial<Limits>;
  readonly folder?: string;
  readonly version?: string;
  readonly control?: (own: StackControl) => StackControl;
  readonly takeHttp?: (socket: Socket) => Promise<void>;
};

// api ─► db
const twoServices = aStack([aService('db'), aService('api', { dependsOn: [aDependency('db')] })]);

export const serve = async ({
  limits = {},
  folder = aFolder(),
  version,
  takeHttp,
  control = (own) => own,
}: ServeHere = {}): Promise<ServerRig> => {
  const rig = aSession(twoServices);
  const problems: string[] = [];
  const server = await serveControl({
    folder,
    control: control(rig.control),
    onProblem: (problem) => problems.push(problem),
    limits: { farewell: 200, ...limits },
    ...(version === undefined ? {} : { version }),
    ...(takeHttp === undefined ? {} : { takeHttp }),
  });
  cleanUps.push(async () => {
    await server.close();
    await server.hangUp();
  });
  return { ...rig, folder, path: join(folder, 'control.sock'), server, problems };
};

export const connectRaw = (path: string): Promise<RawClient> =>
  new Promise((resolve, reject) => {
    const socket = connect(path);
    let text = '';
    let isClosed = false;
    cleanUps.push(() => void socket.destroy());
    socket.once('error', reject);
    socket.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
    });
    socket.on('error', () => undefined);
    socket.once('close', () => {
      isClosed = true;
    });
    const lines = (): readonly Record<string, unknown>[] =>
      text
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    socket.once('connect', () =>
      resolve({
        socket,
        lines,
        isClosed: () => isClosed,
        line: async (fits = () => true) => {
          await until('a line', () => lines().some(fits));
          return lines().find(fits) ?? {};
        },
      }),
    );
  });

export const ask = (id: number, method: string, params: Readonly<Record<string, unknown>> = {}, v = '0.0.0'): string =>
  `${JSON.stringify({ id, v, method, params })}\n`;

export const open = async (folder: string, options: ConnectOptions = {}) => {
  const control = await connectControl(folder, options);
  if (!control.ok) throw new Error(control.reason);
  cleanUps.push(control.close);
  return control;
};

/** The other way round than it was done. */
export const cleanUp = async (): Promise<void> => {
  for (const undo of cleanUps.splice(0).reverse()) await undo();
};
