import type { hash as Digest } from 'node:crypto';
import { isHotReloadOn } from '../domain/environments.ts';
import type { RawMap } from '../domain/raw.ts';
import { hashDefinition } from '../domain/resolve/definition-hash.ts';
import { resolveService, type ServiceDraft } from '../domain/resolve.ts';
import type { Ms, ServiceName } from '../domain/service.ts';
import { remember } from '../util/remember.ts';
import { looksSecret } from '../util/secrets.ts';
import type { LayeredService } from './layers.ts';
import { fillOutside, type WrittenAddress } from './outside-addresses.ts';
import { resolveIn } from './paths.ts';
import { type Env, type EnvContext, toServiceEnv, toTexts } from './service-env.ts';
import type { StackFile } from './stack-file.ts';

export type DraftContext = EnvContext & {
  readonly root: string;
  /** See `ResolveContext`. */
  readonly healthTimeout: Ms | null;
};

export type DrafterInput = {
  readonly active: ReadonlySet<ServiceName>;
  readonly stackEnvOf: (file: StackFile) => { readonly asWritten: Env; readonly filled: Env };
  readonly outside: ReadonlyMap<ServiceName, WrittenAddress>;
};

export type Drafted = {
  readonly draft: ServiceDraft;
  /** With the addresses of others as they are written: whether those take part in this run makes no other definition. */
  readonly asWritten: ServiceDraft;
  readonly fromFile: ReadonlySet<string>;
};

export const createDrafter = (
  { active, stackEnvOf, outside }: DrafterInput,
  context: DraftContext,
): ((name: ServiceName, service: LayeredService) => Drafted) => {
  const hotReload = isHotReloadOn(context.environment);
  const draftWith = (name: ServiceName, service: RawMap, shared: Env): Drafted => {
    const { values, fromFile } = toServiceEnv({ name, service, shared, isActive: active.has(name) }, context);
    const { healthTimeout, layers } = context;
    const draft = resolveService({
      name,
      raw: service,
      env: toTexts(values),
      absolute: (file, field) => toAbsolute(context, file, field === undefined ? null : { name, field }),
      healthTimeout,
      hotReload,
      report: layers.report,
    });
    return { draft, asWritten: draft, fromFile };
  };

  return (name, { raw, home }) => {
    const stack = stackEnvOf(home);
    const asWritten = draftWith(name, raw, stack.asWritten);
    if (outside.size === 0) return asWritten;
    return { ...draftWith(name, fillOutside(raw, outside), stack.filled), asWritten: asWritten.draft };
  };
};

type Field = { readonly name: ServiceName; readonly field: readonly string[] };

/** A path that a field says; null: one that muster itself chooses. */
const toAbsolute = ({ root, layers }: DraftContext, file: string, at: Field | null): string =>
  resolveIn(at === null ? root : layers.folderOf(at.name, at.field), file);

/** The names of variables that look secret or come from a file. */
export const createSecrets = (drafts: ReadonlyMap<ServiceName, Drafted>): ((name: ServiceName) => ReadonlySet<string>) => {
  const isSecretName = remember(looksSecret);
  return (name) => {
    const drafted = drafts.get(name);
    const names = Object.keys(drafted?.draft.env ?? {});
    return new Set(names.filter((key) => drafted?.fromFile.has(key) === true || isSecretName(key)));
  };
};

export const createHasher = (
  drafts: ReadonlyMap<ServiceName, Drafted>,
  context: DraftContext,
): ((draft: ServiceDraft) => string) => {
  // Loaded by the first digest: it takes 4 ms, and who only checks a file has none.
  let digest: typeof Digest | null = null;
  // A stack repeats itself: the same few names and values stand in the environment of every service.
  const hash = remember((text: string) => {
    digest ??= process.getBuiltinModule('node:crypto').hash;
    return digest('sha256', text, 'hex').slice(0, 16);
  });
  const absolute = (file: string): string => toAbsolute(context, file, null);
  const hashOf = remember((name: ServiceName) => {
    const draft = drafts.get(name)?.asWritten;
    return draft === undefined ? '' : hashDefinition(draft, { absolute, hash });
  });
  // The service's own digest knows the first port; how many others there are does not matter to an instance.
  return ({ name, replica }) => (replica === null ? hashOf(name) : hash(`${hashOf(replica.of)}/${replica.index}`));
};
