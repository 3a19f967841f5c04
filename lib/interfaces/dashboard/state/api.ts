import { readToken } from './session.ts';

export type Failure = {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
  readonly details?: { readonly neededBy?: readonly { readonly name: string; readonly needs: string }[] };
};

export type Result<Data> = { readonly ok: true; readonly data: Data } | { readonly ok: false; readonly failure: Failure };

const ask = async (path: string, options: RequestInit = {}): Promise<Response> =>
  fetch(`/api/v1/${path}`, {
    ...options,
    headers: { ...(options.headers as Record<string, string>), authorization: `Bearer ${readToken() ?? ''}` },
    cache: 'no-store',
  });

const gone: Failure = { status: 0, code: 'gone', message: 'the supervisor does not answer', hint: null };

const call = async <Data>(path: string, options?: RequestInit): Promise<Result<Data>> => {
  try {
    const response = await ask(path, options);
    const data: unknown = await response.json();
    if (response.ok) return { ok: true, data: data as Data };
    const { error } = data as { readonly error: Omit<Failure, 'status'> };
    return { ok: false, failure: { ...error, status: response.status } };
  } catch {
    // The connection is gone; the events say so, too.
    return { ok: false, failure: gone };
  }
};

export const get = <Data>(path: string): Promise<Result<Data>> => call(path);

export const post = (path: string, body: unknown = {}): Promise<Result<unknown>> =>
  call(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

export type StreamOptions = {
  readonly path: string;
  readonly signal: AbortSignal;
  readonly lastId?: string | null;
  /** We were let in. */
  readonly onOpen?: () => void;
  readonly onEvent: (type: string, data: unknown, id: string | null) => void;
};

/** Reads server-sent events until they end. `unauthorized`: the token is worth nothing here. */
export const readStream = async ({
  path,
  signal,
  lastId,
  onOpen,
  onEvent,
}: StreamOptions): Promise<'ended' | 'unauthorized' | 'gone'> => {
  try {
    const headers: Record<string, string> = typeof lastId === 'string' ? { 'last-event-id': lastId } : {};
    const response = await ask(path, { signal, headers });
    if (response.status === 401) return 'unauthorized';
    if (!response.ok || response.body === null) return 'gone';
    onOpen?.();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return 'ended';
      text += value;
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) deliver(block, onEvent);
    }
  } catch {
    // Aborted by us, or cut off: whoever called decides whether to come back.
    return 'gone';
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
