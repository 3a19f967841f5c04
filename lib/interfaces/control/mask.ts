import type { ServiceName, Stack } from '../../domain/service.ts';
import { hideAll, isCommonplace, looksSecret, piecesOfSecret } from '../../util/secrets.ts';
import { mapFreeText } from './free-text.ts';
import type { Mirror } from './mirror.ts';

/** Names of environment variables whose values are not to be shown, by service. */
export type Secrets = ReadonlyMap<ServiceName, ReadonlySet<string>>;

export type Mask = (text: string) => string;

/**
 * Takes known secret values out of what is shown, whichever service printed them: they are handed on from one to the other.
 * The log files keep what was written; README and docs say so.
 */
export const createMask = (stack: Stack, secrets: Secrets): Mask => {
  const pieces = secretValues(stack, secrets);
  return (text) => hideAll(text, pieces);
};

/** Learns what is not to be shown, from several sides, and goes on to hide it: one mask, as a secret of one side may hold that of another. */
export type GrowingMask = {
  readonly mask: Mask;
  /** Of a stack, with the values that its file has now. */
  readonly learnStack: (stack: Stack, secrets: Secrets) => void;
  /** Values by their variable. */
  readonly learn: (variables: Iterable<readonly [string, string]>) => void;
  /** What whoever called us has in the environment: a command or an address may be filled in with it. */
  readonly learnCaller: (env: Readonly<Record<string, string | undefined>>) => void;
};

export const createGrowingMask = (): GrowingMask => {
  const pieces = new Set<string>();
  const learn: GrowingMask['learn'] = (variables) => {
    for (const [name, value] of variables) for (const piece of toPieces(name, value)) pieces.add(piece);
  };
  return {
    mask: (text) => hideAll(text, pieces),
    learnStack: (stack, secrets) => {
      for (const piece of secretValues(stack, secrets)) pieces.add(piece);
    },
    learn,
    learnCaller: (env) =>
      learn(
        Object.entries(env).flatMap(([name, value]) =>
          value !== undefined && looksSecret(name) ? [[name, value] as const] : [],
        ),
      ),
  };
};

/** There is something that is not to be shown. */
export const hasSecrets = (stack: Stack, secrets: Secrets): boolean => secretValues(stack, secrets).size > 0;

const secretValues = ({ services }: Stack, secrets: Secrets): ReadonlySet<string> => {
  const values = new Set<string>();
  for (const [name, variables] of secrets) {
    const env = services.get(name)?.env ?? {};
    for (const variable of variables) {
      const value = env[variable];
      if (typeof value === 'string') for (const piece of toPieces(variable, value)) values.add(piece);
    }
  }
  return values;
};

const toPieces = (variable: string, value: string): readonly string[] =>
  !looksSecret(variable) && isCommonplace(value) ? [] : piecesOfSecret(value);

/** The same stack, in which nobody reads a secret. It is asked for at every frame: of a service, only what may quote somebody is looked at. */
export const maskMirror = (mirror: Mirror, mask: Mask): Mirror => {
  const hide = (text: string | null): string | null => (text === null ? null : mask(text));
  return {
    ...mirror,
    snapshot: () => {
      const { outcome, services, edited, ...rest } = mirror.snapshot();
      return {
        ...rest,
        ...(edited === undefined ? {} : { edited: mapFreeText(edited, mask) }),
        outcome: mapFreeText(outcome, mask),
        services: services.map((service) => ({ ...service, detail: hide(service.detail), reason: hide(service.reason) })),
      };
    },
  };
};
