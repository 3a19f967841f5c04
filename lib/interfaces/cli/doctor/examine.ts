import { realpathSync } from 'node:fs';
import path from 'node:path';
import type { StackSnapshot } from '../../../domain/snapshot.ts';
import { projectId } from '../../../runtime/identity.ts';
import { projectFolder } from '../../../runtime/project-folder.ts';
import { lazy } from '../../../util/lazy.ts';
import { connectControl } from '../../control/client.ts';
import { openOutside } from '../../open-outside.ts';
import { isConnectionError, toCommandLine } from '../connect.ts';
import type { CommandContext } from '../context.ts';
import { findStackFile } from '../find-file.ts';
import { checkFile } from './check-file.ts';
import { checkLimits } from './check-limits.ts';
import { checkMemory } from './check-memory.ts';
import { checkPlaces } from './check-places.ts';
import { checkPorts } from './check-ports.ts';
import { checkProcesses } from './check-processes.ts';
import { checkServices } from './check-services.ts';
import { checkSupervisor } from './check-supervisor.ts';
import type { Check, DoctorFacts, Finding, Severity, Supervision } from './finding.ts';

/** A new check is a file beside these, and a word here. */
const checks: readonly Check[] = [
  checkFile,
  checkSupervisor,
  checkServices,
  checkPorts,
  checkProcesses,
  checkMemory,
  checkPlaces,
  checkLimits,
];

const order: readonly Severity[] = ['error', 'warning', 'note'];

/** All findings, the worst first. Null: there is no such folder. */
export const examine = async (context: CommandContext): Promise<readonly Finding[] | null> => {
  const closing: (() => void)[] = [];
  try {
    const facts = await readFacts(context, closing);
    if (facts === null) return null;
    const found = (await Promise.all(checks.map(async (check) => check(facts)))).flat();
    return inOrder(withoutTold(found));
  } finally {
    for (const close of closing) close();
  }
};

/**
 * What was left over and holds a port is told with its port, and a program that is missing with the line of its file; neither once
 * more.
 */
const withoutTold = (found: readonly Finding[]): readonly Finding[] => {
  const missing = new Set(
    found.flatMap(({ code, text }) => (code.startsWith('file-') ? programOf(text, / is not in PATH/) : [])),
  );
  const isMissing = ({ code, text }: Finding): boolean =>
    code === 'service-unwell' && programOf(text, / was not found in PATH/).some((program) => missing.has(program));
  const holders = new Set(found.flatMap(({ code, pid }) => (code === 'port-held' && pid !== undefined ? [pid] : [])));
  const isHolder = ({ code, pid }: Finding): boolean => code === 'orphan' && pid !== undefined && holders.has(pid);
  return found.filter((finding) => !isHolder(finding) && !isMissing(finding));
};

const programOf = (text: string, end: RegExp): readonly string[] => {
  const [, program] = new RegExp(`program "([^"]+)"${end.source}`).exec(text) ?? [];
  return program === undefined ? [] : [program];
};

const inOrder = (found: readonly Finding[]): readonly Finding[] =>
  order.flatMap((severity) => found.filter((finding) => finding.severity === severity));

const readFacts = async (context: CommandContext, closing: (() => void)[]): Promise<DoctorFacts | null> => {
  const { args, cwd, env } = context;
  const named = args.text('file');
  const file = named ?? findStackFile({ cwd, home: env['HOME'] ?? null, uid: process.getuid?.() ?? null }).file;
  const root = tryRealPath(path.dirname(path.resolve(cwd, file)));
  if (root === null) return null;
  const project = projectId(root);
  const runtime = projectFolder(root, env);
  const supervision = runtime.ok ? await readSupervision(runtime.path, closing) : ({ kind: 'none' } as const);
  const environment = supervision.kind === 'running' ? { environment: supervision.snapshot.environment } : {};
  const request = args.text('env') === null ? environment : {};
  const { stack: whole, diagnostics } = await context.read(request);
  // A program or a folder that is missing must not hide who holds a port.
  const stack = whole ?? (await context.read({ ...request, checkSystem: false })).stack;
  const outside = lazy(() => openOutside(root, env));
  const toType = (words: readonly string[]): string => toCommandLine(context, words);
  return { root, cwd, project, runtime, stack, diagnostics, supervision, env, outside, toType };
};

const readSupervision = async (folder: string, closing: (() => void)[]): Promise<Supervision> => {
  const found = await connectControl(folder, { patience: 1_000 });
  if (!found.ok) {
    if (found.why === 'version') {
      found.close();
      return { kind: 'other-version', reason: found.reason };
    }
    if (found.why === 'refused') return { kind: 'silent', reason: found.reason };
    return { kind: found.stale ? 'stale' : 'none' };
  }
  closing.push(found.close);
  try {
    const snapshot = await found.snapshot();
    // One that ends in this moment leaves what was seen last.
    const look = async (): Promise<StackSnapshot['services']> => (await found.snapshot().catch(() => snapshot)).services;
    return { kind: 'running', snapshot, look };
  } catch (error) {
    if (!isConnectionError(error)) throw error;
    return { kind: 'silent', reason: error.message };
  }
};

const tryRealPath = (folder: string): string | null => {
  try {
    return realpathSync.native(folder);
  } catch {
    return null;
  }
};
