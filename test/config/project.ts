import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Loaded, type LoadOptions, loadStack } from '../../lib/config/load.ts';
import { formatDiagnostic } from '../../lib/domain/diagnostic.ts';
import type { Service } from '../../lib/domain/service.ts';

/** A folder of its own with a `services.yaml`, for one test. */
export type Project = {
  readonly root: string;
  readonly write: (file: string, content: string | Uint8Array) => void;
  readonly load: (options?: Partial<LoadOptions>) => Promise<Loaded>;
  /** What `check` says, a line each. */
  readonly check: (options?: Partial<LoadOptions>) => Promise<string[]>;
  /** The one service, resolved; fails the test when there are errors. */
  readonly service: (name: string, options?: Partial<LoadOptions>) => Promise<Service>;
  readonly remove: () => void;
};

export const createProject = (yaml: string | Uint8Array): Project => {
  const root = realpathSync(mkdtempSync(path.join(tmpdir(), 'muster-config-')));
  const write: Project['write'] = (file, content) => {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), content);
  };
  write('services.yaml', yaml);
  const load: Project['load'] = (options = {}) =>
    loadStack({
      file: 'services.yaml',
      cwd: root,
      env: {},
      environment: 'development',
      profiles: [],
      only: [],
      checkSystem: false,
      facts: { uid: 1000, firstFreePort: 1024 },
      ...options,
    });
  const check: Project['check'] = async (options) => (await load(options)).diagnostics.map(formatDiagnostic);
  const service: Project['service'] = async (name, options) => {
    const { stack, diagnostics } = await load(options);
    const found = stack?.services.get(name);
    if (found === undefined) throw new Error(`no service ${name}: ${diagnostics.map(formatDiagnostic).join('; ')}`);
    return found;
  };
  return { root, write, load, check, service, remove: () => rmSync(root, { recursive: true, force: true }) };
};
