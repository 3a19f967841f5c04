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
  /** Once. */
  readonly onEnd: () => void;
};

/** A request whose answer goes on and on, line by line. */
export const stream = (socketPath: string, { path, onLine, onEnd }: Stream): { stop(): void } => {
  let isOver = false;
  const end = (): void => {
    if (isOver) return;
    isOver = true;
    onEnd();
  };
  const asked = request(
    { socketPath, path, method: 'GET', headers: { host: 'localhost', accept: 'application/json' } },
    (response) => {
      // What is not given is no line of it.
      if (response.statusCode !== 200) {
        response.resume();
        response.once('close', end);
        return;
      }
      void readLines(response, (line) => {
        if (!isOver) onLine(line);
      }).then(end, end);
    },
  );
  asked.on('error', end);
  asked.end();
  return {
    stop: () => {
      isOver = true;
      asked.destroy();
    },
  };
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
