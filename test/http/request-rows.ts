import type { DoorKind } from '../support/http.ts';

export type Row = {
  readonly title: string;
  readonly status: readonly number[];
  /** Where the control socket answers otherwise: it needs no token, and has no page. */
  readonly onSocket?: readonly number[];
  /** The whole request. `P` in it is the port, `T` a good token; over the socket, `127.0.0.1:P` is `localhost`. */
  readonly text: string;
};

const requestOf = (lines: readonly string[], body = ''): string => `${lines.join('\r\n')}\r\n\r\n${body}`;

export const get = (path: string, headers: readonly string[]): string =>
  requestOf([`GET ${path} HTTP/1.1`, ...headers, 'Connection: close']);

/** S-01: everything but the three names of our address, once, in lower case. 400 is Node's own for what is no header at all. */
const hosts: readonly (readonly [header: readonly string[], isOurs?: true])[] = [
  [['Host: 127.0.0.1:P'], true],
  [['Host: localhost:P'], true],
  [['Host: [::1]:P'], true],
  [[]],
  [['Host:']],
  [['Host: evil.test']],
  [['Host: evil.test:P']],
  [['Host: 127.0.0.1']],
  [['Host: 127.0.0.1:1']],
  [['Host: 127.0.0.1:P:P']],
  [['Host: 0.0.0.0:P']],
  [['Host: 127.1:P']],
  [['Host: 2130706433:P']],
  [['Host: 0177.0.0.1:P']],
  [['Host: 0x7f.0.0.1:P']],
  [['Host: 127.0.0.2:P']],
  [['Host: [::]:P']],
  [['Host: [::ffff:127.0.0.1]:P']],
  [['Host: ::1:P']],
  [['Host: LOCALHOST:P']],
  [['Host: localhost.:P']],
  [['Host: 127.0.0.1.:P']],
  [['Host: localhost.evil.test:P']],
  [['Host: 127.0.0.1.nip.io:P']],
  [['Host: user@127.0.0.1:P']],
  [['Host: 127.0.0.1:P/']],
  [['Host: \xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.0.0.1:P']],
  [['Host: 127.0.0.1:P', 'Host: 127.0.0.1:P']],
  [['Host: 127.0.0.1:P', 'Host: evil.test']],
  [['Host: evil.test', 'Host: 127.0.0.1:P']],
  [['Host: evil.test', 'X-Forwarded-Host: 127.0.0.1:P']],
];

type Kind = {
  readonly title: string;
  readonly good: number;
  readonly onSocket?: number;
  readonly make: (headers: readonly string[]) => string;
};

const kinds: readonly Kind[] = [
  { title: 'GET /', good: 200, onSocket: 404, make: (headers) => get('/', headers) },
  { title: 'GET /api/v1/stack', good: 200, make: (headers) => get('/api/v1/stack', ['Authorization: Bearer T', ...headers]) },
  {
    title: 'POST',
    good: 200,
    make: (headers) =>
      requestOf(
        [
          'POST /api/v1/stack/start HTTP/1.1',
          'Authorization: Bearer T',
          'Content-Type: application/json',
          'Content-Length: 2',
          ...headers,
        ],
        '{}',
      ),
  },
  { title: 'events', good: 200, make: (headers) => get('/api/v1/events', ['Authorization: Bearer T', ...headers]) },
  {
    title: 'an upgrade',
    good: 200,
    make: (headers) =>
      requestOf([
        'GET /api/v1/events HTTP/1.1',
        'Authorization: Bearer T',
        'Upgrade: websocket',
        'Connection: Upgrade',
        'Sec-WebSocket-Version: 13',
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
        ...headers,
      ]),
  },
];

/** Over the socket there is no address, and one name for it. */
const hostsOnSocket: typeof hosts = [
  [['Host: localhost'], true],
  [['Host: localhost:P']],
  [['Host: localhost:80']],
  [['Host: LOCALHOST']],
  [['Host: localhost.']],
  [['Host: 127.0.0.1']],
  [['Host: [::1]']],
  ...hosts.filter(([header, isOurs]) => isOurs !== true && header.length < 2 && !header.join().includes('127.0.0.1:P')),
  [['Host: localhost', 'Host: localhost']],
  [['Host: evil.test', 'Host: localhost']],
];

const toHostRows = (all: typeof hosts): readonly Row[] =>
  all.flatMap(([header, isOurs]) =>
    kinds.map(({ title, good, onSocket, make }) => ({
      title: `${title} with ${header.length === 0 ? 'no Host' : header.join(' and ')}`,
      status: isOurs === true ? [good] : [403],
      ...(isOurs === true && onSocket !== undefined ? { onSocket: [onSocket] } : {}),
      text: make(header),
    })),
  );

export const ours = 'Host: 127.0.0.1:P';

const origins: readonly (readonly [origin: string | null, isOurs?: true])[] = [
  [null, true],
  ['http://127.0.0.1:P', true],
  ['http://127.0.0.1:3000'],
  ['http://localhost:P'],
  ['null'],
  ['https://127.0.0.1:P'],
  ['http://localhost.evil.test'],
  ['file://'],
  ['chrome-extension://abcdefghijklmnop'],
  ['http://127.0.0.1:P, http://evil.test'],
  ['\xff\xfe'],
];

const sites: readonly (readonly [site: string | null, isNear?: true])[] = [
  [null, true],
  ['same-origin', true],
  ['none', true],
  ['same-site'],
  ['cross-site'],
  ['SAME-ORIGIN'],
];

const senderRows: readonly Row[] = origins.flatMap(([origin, isOurs]) =>
  sites.flatMap(([site, isNear]) =>
    ['GET', 'events', 'POST'].map((method): Row => {
      const headers = [
        ours,
        'Authorization: Bearer T',
        ...(origin === null ? [] : [`Origin: ${origin}`]),
        ...(site === null ? [] : [`Sec-Fetch-Site: ${site}`]),
      ];
      const text =
        method !== 'POST'
          ? get(method === 'GET' ? '/api/v1/stack' : '/api/v1/events', headers)
          : requestOf(
              [
                'POST /api/v1/stack/start HTTP/1.1',
                ...headers,
                'Content-Type: application/json',
                'Content-Length: 2',
                'Connection: close',
              ],
              '{}',
            );
      return {
        title: `${method} from ${origin ?? 'no origin'}, ${site ?? 'no Sec-Fetch-Site'}`,
        status: isOurs === true && isNear === true ? [200] : [403],
        text,
      };
    }),
  ),
);

const tokenRows: readonly Row[] = [
  ['none', [], 401, true],
  ['empty', ['Authorization: Bearer '], 401],
  ['wrong', [`Authorization: Bearer ${'A'.repeat(43)}`], 401, true],
  ['a part of it', ['Authorization: Bearer HALF'], 401, true],
  ['with more behind', ['Authorization: Bearer TT'], 401, true],
  ['not ASCII', ['Authorization: Bearer \xc3\xa9\xc3\xa9'], 401],
  ['as Basic', ['Authorization: Basic T'], 401],
  ['without its scheme', ['Authorization: T'], 401],
  ['twice', ['Authorization: Bearer T', 'Authorization: Bearer T'], 401],
  ['in a cookie', ['Cookie: token=T; muster=T'], 401],
  ['in another header', ['X-Token: T'], 401],
  ['right', ['Authorization: Bearer T'], 200, true],
].flatMap(([title, headers, status, isForEvents = false]) =>
  // Not all for all of them: after twenty wrong ones, the answer is another.
  ['/api/v1/stack', ...(isForEvents ? ['/api/v1/events', '/api/v1/logs/stream'] : [])].map((path) => ({
    title: `a token for ${path}: ${title as string}`,
    status: [status as number],
    onSocket: [200],
    text: get(path, [ours, ...(headers as string[])]),
  })),
);

const pathRows: readonly Row[] = [
  ['GET', '/', 200, 404],
  ['GET', '/app.js', 200, 404],
  ['HEAD', '/', 200, 404],
  ['GET', '/nothing', 404],
  ['GET', '/api', 404],
  ['GET', '/api/v2/stack', 404],
  ['GET', '/?token=T', 200, 404],
  ['GET', '/api/v1/stack?token=T', 401, 400],
  ['GET', '/../../etc/passwd', 400],
  ['GET', '/./app.js', 400],
  ['GET', '/%2e%2e/%2e%2e/etc/passwd', 400],
  ['GET', '//evil.test/', 400],
  ['GET', '/app.js%00', 400],
  ['GET', '/app.js\\..\\x', 400],
  ['GET', '/#/app.js', 400],
  ['GET', 'app.js', 400],
  ['GET', '*', 400],
  ['GET', 'http://127.0.0.1:P/', 400],
  ['GET', 'http://evil.test/', 400],
  ['GET', `/${'a'.repeat(8_000)}`, 400],
  ['POST', '/', 415],
  ['PUT', '/api/v1/stack', 401, 405],
  ['DELETE', '/api/v1/stack', 401, 405],
  ['OPTIONS', '/api/v1/stack', 401, 405],
  ['TRACE', '/', 405, 404],
  ['CONNECT', '127.0.0.1:P', 0],
].map(([method, path, status, onSocket]) => ({
  title: `${method as string} ${String(path).slice(0, 40)}`,
  // Some of them Node's parser refuses before we see them: that is a 400, too.
  status: [status as number, 400].slice(0, status === 200 ? 1 : 2),
  ...(onSocket === undefined ? {} : { onSocket: [onSocket as number] }),
  text: requestOf([`${method as string} ${path as string} HTTP/1.1`, ours, 'Connection: close']),
}));

const bodyOf = (type: string | null, body: string, path = '/api/v1/stack/start', length = Buffer.byteLength(body)): string =>
  requestOf(
    [
      `POST ${path} HTTP/1.1`,
      ours,
      'Authorization: Bearer T',
      ...(type === null ? [] : [`Content-Type: ${type}`]),
      `Content-Length: ${length}`,
      'Connection: close',
    ],
    body,
  );

const bodyRows: readonly Row[] = [
  ['without a type', bodyOf(null, '{}'), 415],
  ['a form', bodyOf('application/x-www-form-urlencoded', 'a=1'), 415],
  ['a form with a file', bodyOf('multipart/form-data; boundary=x', '--x--'), 415],
  ['plain text', bodyOf('text/plain', '{}'), 415],
  ['JSON with something behind', bodyOf('application/json; boundary=x', '{}'), 415],
  ['JSON with a charset', bodyOf('application/json; charset=utf-8', '{}'), 200],
  ['no JSON', bodyOf('application/json', '{'), 400],
  ['a list', bodyOf('application/json', '[]'), 400],
  ['null', bodyOf('application/json', 'null'), 400],
  ['a field that is not there', bodyOf('application/json', '{"kill":true}'), 400],
  ['__proto__', bodyOf('application/json', '{"__proto__":{"services":["db"]}}'), 400],
  ['constructor', bodyOf('application/json', '{"constructor":1}'), 400],
  ['services that are no names', bodyOf('application/json', '{"services":[1]}'), 400],
  ['a service that is not there', bodyOf('application/json', '{"services":["x"]}'), 404],
  [
    'two MiB',
    bodyOf('application/json', '{}', '/api/v1/stack/start', 2 * 1024 * 1024).replace('{}', ' '.repeat(1024 * 1024 + 2)),
    413,
  ],
  ['GET with a body', get('/api/v1/stack', [ours, 'Authorization: Bearer T', 'Content-Length: 2']).concat('{}'), 200],
  ['both lengths', bodyOf('application/json', '{}').replace('Connection', 'Transfer-Encoding: chunked\r\nConnection'), 400],
  ['HTTP/1.0', `GET / HTTP/1.0\r\n${ours}\r\n\r\n`, 505],
  ['HTTP/2.0', `GET / HTTP/2.0\r\n${ours}\r\n\r\n`, 505],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
  ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n', 400, 0],
  ['a header of 20 KiB', get('/', [ours, `X: ${'a'.repeat(20 * 1024)}`]), 431],
  ['a line without a colon', get('/', [ours, 'nonsense']), 400],
  ['a NUL in a header', get('/', [ours, 'X: a\0b']), 400],
  ['a query that is not there', get('/api/v1/stack?x=1', [ours, 'Authorization: Bearer T']), 400],
  ['a number that is none', get('/api/v1/runs?limit=ten', [ours, 'Authorization: Bearer T']), 400],
  ['a number out of range', get('/api/v1/runs?limit=0', [ours, 'Authorization: Bearer T']), 400],
  ['the same twice', get('/api/v1/runs?limit=1&limit=2', [ours, 'Authorization: Bearer T']), 400],
].map(([title, text, status, onSocket]) => ({
  title: title as string,
  text: text as string,
  status: [status as number],
  ...(onSocket === undefined ? {} : { onSocket: [onSocket as number] }),
}));

const openRows: readonly Row[] = [
  ['a link on another page, to the page', '/', ['Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: document'], 200, 404],
  ['a frame of another page', '/', ['Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: iframe'], 403],
  ['a script tag of another page', '/app.js', ['Sec-Fetch-Mode: no-cors', 'Sec-Fetch-Dest: script'], 403],
  ['an image of another page', '/', ['Sec-Fetch-Mode: no-cors', 'Sec-Fetch-Dest: image'], 403],
  ['a link on another page, to the API', '/api/v1/stack', ['Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: document'], 403],
].map(([title, path, headers, status, onSocket]) => ({
  title: title as string,
  status: [status as number],
  ...(onSocket === undefined ? {} : { onSocket: [onSocket as number] }),
  text: get(path as string, [ours, 'Sec-Fetch-Site: cross-site', ...(headers as string[])]),
}));

const others: readonly Row[] = [...senderRows, ...tokenRows, ...pathRows, ...bodyRows, ...openRows];
/** Each request of the tables, as SECURITY.md counts them. */
export const rowsOver: Readonly<Record<DoorKind, readonly Row[]>> = {
  port: [...toHostRows(hosts), ...others],
  socket: [...toHostRows(hostsOnSocket), ...others],
};
