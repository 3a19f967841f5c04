import path from 'node:path';
import { logFilesOf } from '../../../domain/log-files.ts';
import { memoryPrefix } from '../../../domain/memory-name.ts';
import { formatDuration } from '../../../domain/words.ts';
import { type Builder, type BuildFailure, buildImage, findBuilder, pushImage } from '../../../runtime/images/builder.ts';
import { hashContent } from '../../../runtime/images/content-hash.ts';
import { findDigest } from '../../../runtime/images/registry.ts';
import { toClockTime } from '../../../util/local-time.ts';
import { toSafeText } from '../../../util/terminal-text.ts';
import type { CommandContext } from '../context.ts';
import { toEventLine } from '../render/json.ts';
import { createTheme } from '../render/theme.ts';
import type { Images, PlannedBuild } from './plan-builds.ts';
import type { Prepared } from './prepare.ts';
import { writeStarters } from './starters.ts';

/** 1: a build or a push has failed. 2: it could not be begun. */
type Unbuilt = 1 | 2;

/** Builds what is not in its registry yet, and pushes it; or the exit code, when what keeps it from that has been told. */
export const buildImages = async (
  context: CommandContext,
  command: string,
  { prepared, interrupted }: { readonly prepared: Prepared; readonly interrupted: AbortSignal },
): Promise<Images | Unbuilt> => {
  const { builds } = prepared;
  if (builds.length === 0) return new Map();
  if (await writeStarters(context, command, builds)) return 2;
  const images = new Map<string, string>();
  /** Two services may be built from the same. */
  const done = new Map<string, string>();
  let builder: Builder | null = null;
  for (const planned of builds) {
    const { service, build, repository } = planned;
    const refuse = (problem: string): Unbuilt => {
      context.stderr.line(`muster ${command}: ${service}: its image cannot be built: ${safe(problem)}`);
      return 2;
    };
    const content = await hashContent({ build, isOwn: isOwnFile(prepared) });
    if (!content.ok) return refuse(content.problem);
    const image = `${repository}:${content.hash}`;
    const asking = { env: context.env, project: prepared.stack.root, signal: interrupted };
    const known = done.get(image) ?? (await findDigest(repository, content.hash, asking));
    if (interrupted.aborted) return 1;
    if (known === null && builder === null) {
      const found = await findBuilder(asking);
      if (!found.ok) return refuse(found.problem);
      builder = found.builder;
    }
    const digest = known ?? (builder === null ? null : await make(context, command, { planned, image, builder, interrupted }));
    if (digest === null) return 1;
    done.set(image, digest);
    images.set(service, `${repository}@${digest}`);
  }
  return images;
};

type Making = {
  readonly planned: PlannedBuild;
  readonly image: string;
  readonly builder: Builder;
  readonly interrupted: AbortSignal;
};

const make = async (context: CommandContext, command: string, making: Making): Promise<string | null> => {
  const { planned, image, builder, interrupted } = making;
  const { env } = context;
  const began = performance.now();
  tell(context, { type: 'imageBuilding', service: planned.service, image, text: `builds ${image} with ${builder.name}` });
  const built = await buildImage({ builder, build: planned.build, image, env, signal: interrupted });
  const pushed = built.ok ? await pushImage({ builder, image, env, signal: interrupted }) : built;
  if (interrupted.aborted) return null;
  if (!pushed.ok) {
    tellFailure(context, command, planned.service, pushed);
    return null;
  }
  const took = performance.now() - began;
  tell(context, { type: 'imageBuilt', service: planned.service, image, text: `built and pushed (${formatDuration(took)})` });
  return pushed.digest;
};

type Told = { readonly type: string; readonly service: string; readonly image: string; readonly text: string };

const tell = ({ args, stdout }: CommandContext, { type, text, ...fields }: Told): void => {
  const at = Date.now();
  if (args.flag('json')) stdout.line(toEventLine(type, { ...fields, at }));
  else stdout.line(`${createTheme(stdout).paint('dim', toClockTime(at))} ${safe(`${fields.service} ${text}`)}`);
};

const tellFailure = ({ stderr }: CommandContext, command: string, service: string, { problem, lines }: BuildFailure): void => {
  stderr.line(safe(`muster ${command}: ${service}: its image ${problem}${lines.length === 0 ? '' : ', after these lines'}`));
  stderr.lines(lines.map((line) => `  │ ${safe(line)}`));
};

/** What changes with every boot is no part of what is built, also where it lies in the folder. */
const isOwnFile = ({ loaded: { stack } }: Prepared): ((file: string) => boolean) => {
  const logs = new Set([...stack.services.values()].flatMap(logFilesOf));
  return (file) =>
    [...logs].some((log) => file === log || file.startsWith(`${log}.`)) ||
    (path.dirname(file) === stack.root && path.basename(file).startsWith(memoryPrefix)) ||
    (path.dirname(file) === path.join(stack.root, 'logs') && path.basename(file).startsWith('muster.'));
};

const safe = (text: string): string => toSafeText(text, { colours: false });
