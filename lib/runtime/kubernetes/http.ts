import { type IncomingMessage, request } from 'node:http';

export type Call = {
  readonly method: 'GET' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: string;
  readonly contentType?: string;
};

export type Answer = { readonly status: number; readonly text: string };

/** An answer that is larger is none that we asked for. */
const sizeLimit = 64 * 1024 * 1024;

/** How long a cluster may think about anything but a watch. */
const patience = 30_000;

/** One request over a unix socket. What keeps it from being answered is an error, which whoever calls turns into a sentence. */
export const send = (socketPath: string, { method, path, body, contentType }: Call): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const headers = {
      host: 'localhost',
      accept: 'application/json',
      ...(body === undefined
        ? {}
        : { 'content-type': contentType ?? 'application/json', 'content-length': Buffer.byteLength(body) }),
    };
    const asked = request({ socketPath, path, method, headers, timeout: patience }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
        if (text.length > sizeLimit) response.destroy(new Error('the answer of the cluster is too large'));
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      response.on('error', reject);
    });
    asked.on('timeout', () => asked.destroy(new Error(`the cluster did not answer in ${patience / 1000} s`)));
    asked.on('error', reject);
    asked.end(body);
  });

export type Stream = {
  readonly path: string;
  readonly onLine: (line: string) => void;
  /** Once. Null: the answer has ended, or there was none; else it was another than the one that was asked for. */
  readonly onEnd: (refusal: Answer | null) => void;
};

/** A request whose answer goes on and on, line by line. */
export const stream = (socketPath: string, { path, onLine, onEnd }: Stream): { stop(): void } => {
  let isOver = false;
  const end = (refusal: Answer | null = null): void => {
    if (isOver) return;
    isOver = true;
    onEnd(refusal);
  };
  const asked = request(
    { socketPath, path, method: 'GET', headers: { host: 'localhost', accept: 'application/json' } },
    (response) => {
      const { statusCode: status = 0 } = response;
      const ended = (): void => end();
      // What is not given is no line of it.
      if (status === 200)
        void readLines(response, (line) => {
          if (!isOver) onLine(line);
        }).then(ended, ended);
      else void readStart(response).then((text) => end({ status, text }), ended);
    },
  );
  asked.on('error', () => end());
  asked.end();
  return {
    stop: () => {
      isOver = true;
      asked.destroy();
    },
  };
};

/** Why something is not given is a sentence or two. */
const reasonLimit = 64 * 1024;

const readStart = async (response: IncomingMessage): Promise<string> => {
  response.setEncoding('utf8');
  let text = '';
  for await (const chunk of response) {
    text += String(chunk);
    if (text.length > reasonLimit) break;
  }
  return text.slice(0, reasonLimit);
};

const readLines = async (response: IncomingMessage, onLine: (line: string) => void): Promise<void> => {
  response.setEncoding('utf8');
  let rest = '';
  for await (const chunk of response) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > sizeLimit) return;
    for (const line of lines) if (line !== '') onLine(line);
  }
};
