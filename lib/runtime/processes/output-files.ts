import { closeSync, constants, existsSync, fstatSync, mkdirSync, openSync } from 'node:fs';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';

const { O_APPEND, O_CREAT, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY } = constants;

// On Linux a folder's descriptor has a path, so that each step starts from the folder that was checked, not from its name.
const hasDescriptorPaths = existsSync('/proc/self/fd');

/** A file that is refused for what it is. The system's own errors have a `code` too. */
export class OutputRefused extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * Opens `path` for append, mode 0600, and makes the folders on the way, mode 0700. It must lie below `root`; below there
 * no symbolic link is followed, so a link planted in a log folder does not lead the output of a service elsewhere.
 */
export const openLog = (root: string, path: string): number =>
  openBelow(root, path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK);

/** The file behind fd 3. Read-write, as then nobody gets a broken pipe; empty, as a sign of an earlier attempt does not count. */
export const openNotify = (path: string): number => {
  const fd = openSync(path, O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_NOFOLLOW | O_NONBLOCK, 0o600);
  return checkRegular(fd, path);
};

const openBelow = (root: string, path: string, flags: number): number => {
  const steps = relative(resolve(root), resolve(path)).split(sep);
  const name = steps.pop() ?? '';
  if (name === '' || name === '..' || steps[0] === '..' || isAbsolute(name)) {
    throw new OutputRefused('EPERM', `the log file ${path} is outside of ${root}`);
  }
  mkdirSync(root, { recursive: true, mode: 0o700 });
  let folder = openSync(root, O_RDONLY | O_DIRECTORY);
  let folderPath = resolve(root);
  try {
    for (const step of steps) {
      const next = openFolder(nameIn(folder, folderPath, step));
      closeSync(folder);
      folder = next;
      folderPath = join(folderPath, step);
    }
    return checkRegular(openSync(nameIn(folder, folderPath, name), flags, 0o600), path);
  } finally {
    closeSync(folder);
  }
};

const nameIn = (folder: number, folderPath: string, name: string): string =>
  hasDescriptorPaths ? `/proc/self/fd/${folder}/${name}` : join(folderPath, name);

const openFolder = (path: string): number => {
  const flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
  try {
    return openSync(path, flags);
  } catch (error) {
    if (!isCode(error, 'ENOENT')) throw error;
  }
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Made by somebody else in this moment: what it is shows when it is opened.
    if (!isCode(error, 'EEXIST')) throw error;
  }
  return openSync(path, flags);
};

/** A device or a named pipe in the place of a log would swallow the output, or stop the service. */
const checkRegular = (fd: number, path: string): number => {
  if (fstatSync(fd).isFile()) return fd;
  closeSync(fd);
  throw new OutputRefused('EINVAL', `${path} is not a regular file`);
};

const isCode = (error: unknown, code: string): boolean => error instanceof Error && 'code' in error && error.code === code;
