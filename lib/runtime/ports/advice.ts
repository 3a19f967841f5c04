import type { PortHolder } from '../../domain/process.ts';

/** Programs that hold ports for somebody else: to end them would not free the port, or would lock the user out. */
const neverEnded: Readonly<Record<string, (port: number) => string>> = {
  'docker-proxy': (port) =>
    `a container publishes this port: "docker ps --filter publish=${port}" names it, "docker stop" frees it`,
  rootlessport: (port) =>
    `a container publishes this port: "podman ps --filter publish=${port}" names it, "podman stop" frees it`,
  dockerd: () => 'it is the Docker service; stop the container or the swarm service that publishes the port',
  containerd: () => 'it is the container service; stop the container that publishes the port',
  'com.docker.backend': (port) =>
    `a container publishes this port: "docker ps --filter publish=${port}" names it, "docker stop" frees it`,
  sshd: () => 'it is the SSH server, or a tunnel of a session (ssh -R); end that session',
  systemd: () => 'systemd holds the socket: "systemctl list-sockets" names the unit, "systemctl stop" frees it',
  launchd: () => 'launchd holds the socket for a service that it starts on demand; unload that service',
  init: () => 'it is the system itself; stop the service that it holds the port for',
};

/** Base name of the program, from the first word of its command line; a server may write `sshd: /usr/sbin/sshd -D` there. */
const programOf = (command: string): string => (command.split(' ')[0] ?? '').replace(/:$/, '').split('/').at(-1) ?? '';

/** Why this holder is never ended, not even by `--force`, and what to do instead; null: nothing speaks for it. */
export const protectionOf = ({ command, port, process: holder }: PortHolder): string | null => {
  const program = programOf(command ?? '');
  const advise = Object.hasOwn(neverEnded, program) ? neverEnded[program] : undefined;
  if (advise !== undefined) return advise(port);
  return holder?.pid === 1 ? 'it is the first process of the system, which is never ended' : null;
};

export const nobodyListens =
  "nobody listens there: an outgoing connection uses it as its own port, or an ended one is still in TIME_WAIT (up to 60 s); wait, or take a port below the system's ephemeral range";

/** `root`: of the other stack; null: it has left no word of where it is. */
export const anotherProject = (
  { service, project }: { readonly service: string; readonly project: string },
  root: string | null,
): string =>
  root === null
    ? `it is the service "${service}" of another muster stack (project ${project}), and nobody knows of which folder; ${takesNext}`
    : `it is the service "${service}" of the muster stack in ${root}: ${stopThere(root)} stops it, or ${takesNext}`;

/** What lets two copies of a project run side by side. */
const takesNext = '"port_conflict: next" takes the next free port';

export const stopThere = (root: string): string => `(cd '${root.replaceAll("'", "'\\''")}' && muster down)`;

export const runningSibling = (service: string): string =>
  `it is the service "${service}" of this stack, which runs; give one of the two another port`;

export const cameBack = 'it was ended and came back: something restarts it (systemd, pm2, a container, an editor); stop it there';
