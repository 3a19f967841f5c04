import { readToken } from './session.ts';

export type Failure = {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
  readonly details?: { readonly neededBy?: readonly { readonly name: string; readonly needs: string }[] };
};

export type Result<Data> = { readonly ok: true; readonly data: Data } | { readonly ok: false; readonly failure: Failure };

/** Milliseconds that an answer may take. */
const longestAnswer = 10_000;
/** Milliseconds that a stream may say nothing: the server says something every 10 s. */
const longestSilence = 25_000;
/** Milliseconds after which what was asked for counts as accepted: a refusal comes at once, and it is done also without us. */
const longestRefusal = 1_500;

const ask = async (path: string, options: RequestInit = {}): Promise<Response> =>
  fetch(`/api/v1/${path}`, {
    ...options,
    headers: { ...(options.headers as Record<string, string>), authorization: `Bearer ${readToken() ?? ''}` },
    cache: 'no-store',
  });

const gone: Failure = { status: 0, code: 'gone', message: 'the supervisor does not answer', hint: null };
const late: Failure = { ...gone, code: 'late' };

const call = async <Data>(path: string, within: number, options: RequestInit = {}): Promise<Result<Data>> => {
  const signal = AbortSignal.timeout(within);
  try {
    const response = await ask(path, { ...options, signal });
    const data: unknown = await response.json();
    if (response.ok) return { ok: true, data: data as Data };
    const { error } = data as { readonly error: Omit<Failure, 'status'> };
    return { ok: false, failure: { ...error, status: response.status } };
  } catch {
    // The connection is gone; the events say so, too.
    return { ok: false, failure: signal.aborted ? late : gone };
  }
};

export const get = <Data>(path: string, within: number = longestAnswer): Promise<Result<Data>> => call(path, within);

/**
 * Asks for something to be done. What takes long to settle is not waited for: it would hold one of the few connections that a
 * browser has for a server, and what becomes of it is told by the events.
 */
export const post = async (path: string, body: unknown = {}, within: number = longestRefusal): Promise<Result<unknown>> => {
  const options = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const result = await call(path, within, options);
  return !result.ok && result.failure.code === late.code ? { ok: true, data: null } : result;
};

export type StreamOptions = {
  readonly path: string;
  readonly signal: AbortSignal;
  readonly lastId?: string | null;
  /** Milliseconds without a byte after which it is given up. */
  readonly silence?: number;
  /** We were let in. */
  readonly onOpen?: () => void;
  readonly onEvent: (type: string, data: unknown, id: string | null) => void;
};

/** Reads server-sent events until they end. `unauthorized`: the token is worth nothing here. */
export const readStream = async ({
  path,
  signal,
  lastId,
  silence = longestSilence,
  onOpen,
  onEvent,
}: StreamOptions): Promise<'ended' | 'unauthorized' | 'gone'> => {
  const connection = new AbortController();
  const cut = (): void => connection.abort();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const hear = (): void => {
    clearTimeout(timer);
    timer = setTimeout(cut, silence);
  };
  signal.addEventListener('abort', cut);
  if (signal.aborted) cut();
  hear();
  try {
    const headers: Record<string, string> = typeof lastId === 'string' ? { 'last-event-id': lastId } : {};
    const response = await ask(path, { signal: connection.signal, headers });
    hear();
    if (response.status === 401) return 'unauthorized';
    if (!response.ok || response.body === null) return 'gone';
    onOpen?.();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return 'ended';
      hear();
      text += value;
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) deliver(block, onEvent);
    }
  } catch {
    // Aborted by us, silent, or cut off: whoever called decides whether to come back.
    return 'gone';
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', cut);
    cut();
  }
};

const deliver = (block: string, onEvent: StreamOptions['onEvent']): void => {
  let [type, data, id]: [string, string | null, string | null] = ['message', null, null];
  for (const line of block.split('\n')) {
    if (line.startsWith('event: ')) type = line.slice(7);
    else if (line.startsWith('data: ')) data = line.slice(6);
    else if (line.startsWith('id: ')) id = line.slice(4);
  }
  if (data !== null) onEvent(type, JSON.parse(data), id);
};
