const key = 'muster.token';
/** Milliseconds that the swap may take. */
const patience = 10_000;

/** Only for this tab, and only for this address with its port: no cookie, which other ports of this machine would get, too. */
export const readToken = (): string | null => sessionStorage.getItem(key);

export const forgetToken = (): void => sessionStorage.removeItem(key);

/** What the address brought along is taken out of it at once, so that it is in no history and no bookmark. */
export const takeCode = (): string | null => {
  const [, code = null] = /^#t=([\w-]+)$/.exec(location.hash) ?? [];
  if (code !== null) history.replaceState(null, '', '/');
  return code;
};

/** Swaps the code for a token. Null: it can be asked now; else why not. */
export const signIn = async (code: string): Promise<string | null> => {
  try {
    const response = await fetch('/api/v1/session', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ code }),
      signal: AbortSignal.timeout(patience),
    });
    const answer = (await response.json()) as { readonly token?: string; readonly error?: { readonly message: string } };
    if (answer.token === undefined) return answer.error?.message ?? `the answer was ${response.status}`;
    sessionStorage.setItem(key, answer.token);
    return null;
  } catch {
    // Nobody is there, or nobody in time: there is no more to say of it.
    return 'the supervisor does not answer';
  }
};
