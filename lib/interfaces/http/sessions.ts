import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

export type Redeemed =
  | { readonly ok: true; readonly token: string }
  /** `used`: it had been swapped before, and what it was swapped for is worth nothing any more. */
  | { readonly ok: false; readonly why: 'wrong' | 'used' | 'limited' };

/** Who may ask. Nothing of it is ever written anywhere; only hashes are kept. */
export type Sessions = {
  /** A code that can be swapped for a token once, within a minute. */
  issueCode(): string;
  redeem(code: string): Redeemed;
  /** `limited`: it is wrong, and so were too many within a minute. */
  check(token: string): 'ok' | 'wrong' | 'limited';
};

const codeLife = 60_000;
const failureWindow = 60_000;
const mostFailures = 20;
/** The oldest give way: whoever opens the dashboard a hundred times has closed the first ones. */
const mostSessions = 100;

type Code = { readonly hash: Buffer; readonly expires: number; token: Buffer | null };

/** `now`: milliseconds on a clock that only goes forward. */
export const createSessions = (now: () => number): Sessions => {
  let codes: Code[] = [];
  let tokens: Buffer[] = [];
  let failures: number[] = [];

  /**
   * Whoever has the right token is let in all the same: 256 bits are not guessed, and another program of this machine must not
   * be able to lock the user out.
   */
  const fail = (): 'wrong' | 'limited' => {
    const at = now();
    failures = [...failures.filter((failure) => at - failure < failureWindow), at].slice(-mostFailures - 1);
    return failures.length > mostFailures ? 'limited' : 'wrong';
  };

  return {
    issueCode: () => {
      const code = newSecret();
      codes = [...codes.filter(({ expires }) => expires > now()), { hash: hashOf(code), expires: now() + codeLife, token: null }];
      codes = codes.slice(-mostSessions);
      return code;
    },
    redeem: (presented) => {
      const hash = hashOf(presented);
      const code = codes.find((each) => timingSafeEqual(each.hash, hash));
      if (code === undefined || code.expires <= now()) return { ok: false, why: fail() };
      const earlier = code.token;
      if (earlier !== null) {
        // Two have had it, and one of them was not meant to: what the first got ends, as OAuth does it (RFC 6749, 4.1.2).
        tokens = tokens.filter((token) => !timingSafeEqual(token, earlier));
        return { ok: false, why: fail() === 'limited' ? 'limited' : 'used' };
      }
      const token = newSecret();
      code.token = hashOf(token);
      tokens = [...tokens, code.token].slice(-mostSessions);
      return { ok: true, token };
    },
    check: (presented) => {
      const hash = hashOf(presented);
      // All of them are compared, so that the time says nothing.
      const isKnown = tokens.map((token) => timingSafeEqual(token, hash)).includes(true);
      return isKnown ? 'ok' : fail();
    },
  };
};

const newSecret = (): string => randomBytes(32).toString('base64url');

/** Hashes have one length, whatever was presented. */
const hashOf = (text: string): Buffer => createHash('sha256').update(text).digest();
