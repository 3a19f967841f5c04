import type { Socket } from 'node:net';
import { projectId } from '../../runtime/identity.ts';
import { readMachineClass } from '../../runtime/memory-file/machine.ts';
import type { Session } from '../../supervisor/session.ts';
import type { Mask } from '../control/mask.ts';
import type { DashboardAddress, DashboardRequest, StackControl } from '../control.ts';
import { readVersion } from '../version.ts';
import { type Bind, judgeAddress } from './bind.ts';
import { createEventHub } from './event-hub.ts';
import { readPage } from './page.ts';
import type { RouteContext } from './route.ts';
import { type HttpServer, openHttp } from './server.ts';
import { createSessions } from './sessions.ts';
import { serveOnSocket } from './socket.ts';
import type { HttpSources } from './sources.ts';

export type DoorOptions = {
  readonly session: Session;
  readonly control: StackControl;
  readonly mask: Mask;
  /** One clause. */
  readonly onProblem: (problem: string) => void;
};

/** What a supervisor serves over HTTP: nothing listens at a port until somebody asks for it. */
export type Door = {
  open(request: DashboardRequest): Promise<DashboardAddress>;
  /** A client of the control socket that speaks HTTP. */
  take(socket: Socket): void;
  close(): Promise<void>;
};

/** Tried one after the other: the same address as the last time is the one that is in the browser's history. */
const usualPorts = Array.from({ length: 10 }, (_, index) => 4_400 + index);

export const createDoor = (options: DoorOptions): Door => {
  const { control, onProblem } = options;
  const hub = createEventHub(control);
  const context: RouteContext = { sources: toSources(options), hub, sessions: createSessions(() => performance.now()) };
  const onSocket = serveOnSocket({ context, onProblem });
  let server: HttpServer | null = null;
  let openedFor: { readonly host: string; readonly port: number } | null = null;
  let queue: Promise<unknown> = Promise.resolve();

  const open = async ({ host, port, expose }: DashboardRequest): Promise<DashboardAddress> => {
    if (server !== null && openedFor !== null) {
      const isOther = (host !== null && host !== openedFor.host) || (port !== null && port !== openedFor.port);
      if (isOther) return { ok: false, reason: `the dashboard of this stack is open at ${server.origin} already` };
      return { ok: true, origin: server.origin, code: server.issueCode() };
    }
    const bind = judgeAddress(host ?? '127.0.0.1', expose);
    if (!bind.ok) return bind;
    const page = readPage();
    if (!page.ok) return page;
    const opened = await tryPorts(bind, port === null ? freePorts(options.session) : [port], page.files);
    if (!opened.ok) return opened;
    server = opened.server;
    openedFor = { host: host ?? '127.0.0.1', port: server.port };
    return { ok: true, origin: server.origin, code: server.issueCode() };
  };

  const tryPorts = async (
    bind: Extract<Bind, { readonly ok: true }>,
    ports: readonly number[],
    files: Extract<ReturnType<typeof readPage>, { readonly ok: true }>['files'],
  ): ReturnType<typeof openHttp> => {
    let last: Awaited<ReturnType<typeof openHttp>> = { ok: false, reason: 'there is no port' };
    for (const port of ports) {
      last = await openHttp({ context, bind, port, files, onProblem });
      if (last.ok) return last;
    }
    return last;
  };

  return {
    open: (request) => {
      const opening = queue.then(() => open(request));
      // A bug in one is told to whoever asked, and is no reason to keep the next one out, or the end from coming.
      queue = opening.catch(() => undefined);
      return opening;
    },
    take: onSocket.take,
    close: async () => {
      await queue;
      await hub.close();
      onSocket.endStreams();
      await server?.close();
    },
  };
};

/** Never one that a service of the stack wants; in the end, any. */
const freePorts = ({ stack }: Session): readonly number[] => {
  const wanted = new Set([...stack.services.values()].flatMap(({ ports }) => ports.map((port) => port.wanted)));
  return [...usualPorts.filter((port) => !wanted.has(port)), 0];
};

const toSources = ({ session, control, mask }: DoorOptions): HttpSources => {
  const project = projectId(session.stack.root);
  return {
    control,
    stack: () => session.stack,
    graph: () => session.graph,
    history: session.history,
    outcome: session.outcome,
    mask: () => mask,
    project,
    machine: readMachineClass(process.env),
    findHolders: session.findHolders,
    findMarked: session.findMarked,
    variables: () =>
      Object.fromEntries(Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))),
    version: readVersion(),
    wall: session.wall,
  };
};
