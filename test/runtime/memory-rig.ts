import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { ProcessIdentity } from '../../lib/domain/process.ts';
import { crcStart, toHeader } from '../../lib/runtime/memory-file/format.ts';
import {
  createMemoryFile,
  emptyMemory,
  type Memory,
  type MemoryFacts,
  type MemoryFile,
  type RecordedService,
} from '../../lib/runtime/memory-file.ts';
import { crc32 } from '../../lib/util/crc.ts';
import { quickEnvironment } from '../support/environment.ts';
import { aHistory } from '../support/runs.ts';

export const ourUid: number | null = process.getuid?.() ?? null;
export const isRoot: boolean = ourUid === 0;
export const nobody = 65_534;

export const facts: MemoryFacts = { uid: ourUid, machine: 'machine', bootId: 'boot' };

export type Rig = {
  readonly folder: string;
  readonly path: string;
  /** What people were told while saving. */
  readonly told: readonly string[];
  readonly file: MemoryFile;
  /** Another one at the same place, as the next process would have it. */
  reopen(overrides?: Partial<MemoryFacts> & { readonly root?: string }): MemoryFile;
  /** Names of all files in the folder. */
  names(): string[];
  text(name?: string): string;
  put(content: string | Uint8Array, name?: string): void;
  /** Puts a memory whose checksum is right, whatever is in it. */
  putDocument(change: (document: Record<string, unknown>) => void): Promise<void>;
};

export const memoryName = '.server_memory.json';
export const previousName = `${memoryName}.previous`;

const folders: string[] = [];

/** An empty folder with a memory file that does not exist yet. `dropFolders` removes it. */
export const aRig = (): Rig => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'muster-memory-')));
  folders.push(folder);
  const path = join(folder, memoryName);
  const told: string[] = [];
  const reopen: Rig['reopen'] = ({ root = folder, ...overrides } = {}) =>
    createMemoryFile({ path, root, facts: { ...facts, ...overrides }, warnTo: (sentence) => told.push(sentence) });
  const put: Rig['put'] = (content, name = memoryName) => writeFileSync(join(folder, name), content, { mode: 0o600 });
  const file = reopen();
  return {
    folder,
    path,
    told,
    file,
    reopen,
    put,
    names: () => readdirSync(folder).toSorted(),
    text: (name = memoryName) => readFileSync(join(folder, name), 'utf8'),
    putDocument: async (change) => {
      await reopen().save(aMemory());
      const document = parse<Record<string, unknown>>(readFileSync(path, 'utf8'));
      change(document);
      put(seal(document));
      rmSync(join(folder, previousName), { force: true });
    },
  };
};

/** What a test knows to be in a text of JSON. */
export const parse = <T>(text: string): T => JSON.parse(text) as T;

export const dropFolders = (): void => {
  for (const folder of folders.splice(0)) {
    chmodSync(folder, 0o700);
    rmSync(folder, { recursive: true, force: true });
  }
};

/** Writes a document as the file has it, with the checksum of its content. */
const seal = ({ format: _format, version: _version, checksum: _checksum, ...rest }: Record<string, unknown>): Uint8Array =>
  sealText(JSON.stringify(rest));

/** As `seal`, of any text: what is an object without a head gets one, with the right checksum. */
export const sealText = (json: string): Uint8Array => {
  const body = Buffer.from(`${json.slice(1)}\n`);
  return Buffer.concat([toHeader(crc32(body, crcStart)), body]);
};

export const anIdentity = (pid: number, overrides: Partial<ProcessIdentity> = {}): ProcessIdentity => ({
  pid,
  startTime: '12345',
  bootId: 'boot',
  ...overrides,
});

export const aRecorded = (overrides: Partial<RecordedService> = {}): RecordedService => ({
  attempt: 1,
  restarts: 0,
  desired: 'running',
  state: 'ready',
  process: anIdentity(4242),
  ports: [{ name: null, port: 3000 }],
  startedAt: 1_700_000_000_000,
  earlier: null,
  lastHealth: 'healthy',
  restartTimes: null,
  streak: 0,
  since: 1_700_000_000_000,
  until: null,
  failure: null,
  askedAt: null,
  next: null,
  stoppedFor: null,
  definitionHash: 'one',
  ...overrides,
});

export const aMemory = (overrides: Partial<Memory> = {}): Memory => ({
  ...emptyMemory,
  supervisor: anIdentity(4241),
  running: { api: aRecorded(), db: aRecorded({ process: anIdentity(4243) }) },
  history: {
    ...aHistory({ api: 100, db: 50 }, { api: 120, db: 50 }),
    folded: { api: { boots: 1, failures: 0, lastRun: 0, quantiles: [100] } },
  },
  ...overrides,
});

/** The folder as another user, when we are root; as we are otherwise. Root is not kept out by any mode. */
export const asUser = async <T>(folder: string, action: () => Promise<T>): Promise<T> => {
  if (!isRoot) return action();
  chownSync(folder, nobody, nobody);
  process.seteuid?.(nobody);
  try {
    return await action();
  } finally {
    process.seteuid?.(0);
  }
};

export const asUserUid: number | null = isRoot ? nobody : ourUid;

let writer: string | null = null;

/** The program of `memory-writer.ts`, bundled once, so that it starts in a moment. */
export const buildWriter = async (): Promise<string> => {
  if (writer !== null) return writer;
  const folder = mkdtempSync(join(tmpdir(), 'muster-memory-'));
  // Other users run it as well.
  chmodSync(folder, 0o755);
  writer = join(folder, 'writer.mjs');
  await build({
    entryPoints: [fileURLToPath(new URL('./memory-writer.ts', import.meta.url))],
    outfile: writer,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  });
  return writer;
};

export const dropWriter = (): void => {
  if (writer !== null) rmSync(join(writer, '..'), { recursive: true, force: true });
  writer = null;
};

export const startWriter = async (folder: string, mode: string): Promise<ChildProcess> =>
  spawn(process.execPath, [await buildWriter(), folder, mode], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: quickEnvironment(),
  });

/** Is there a tool of the system, and does it work here? */
export const works = (program: string, ...args: readonly string[]): boolean =>
  spawnSync(program, args, { stdio: 'ignore' }).status === 0;
