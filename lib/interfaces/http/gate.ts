/**
 * The look at a request before anything is done about it: is it meant for us, and does it come from our own page or from a
 * program of this user, not from somebody else's page? Pure, on the headers as they were sent.
 *
 * Cookies are not used, and a page of another port of this machine counts as a stranger: whoever may do what is decided by the
 * token. What is decided here is that a browser cannot be talked into sending anything for somebody else (DNS rebinding, forms,
 * scripts and images of other pages).
 */

import { badRequest, type HttpProblem } from './problem.ts';

export type RequestHead = {
  readonly method: string;
  /** As it stands in the request line. */
  readonly target: string;
  readonly version: string;
  /** Name, value, name, value …, as they were sent. */
  readonly rawHeaders: readonly string[];
};

/** Every value of a header, each time that it was sent. */
export const headerValues = (rawHeaders: readonly string[], name: string): readonly string[] =>
  rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name);

const longestTarget = 4_096;

/** Nothing that needs decoding: names of services have none of it, and a path that has is an attempt. */
const plainTarget = /^(?:\/[A-Za-z0-9._~-]+)*\/?(?:\?[\x21\x22\x24-\x7e]*)?$/;

/** Null: it may go on. `hosts`: what a browser writes as Host for our address, in lower case. */
export const judgeHead = (head: RequestHead, hosts: ReadonlySet<string>): HttpProblem | null =>
  judgeVersion(head) ?? judgeHost(head, hosts) ?? judgeTarget(head) ?? judgeSender(head) ?? judgeType(head);

const judgeVersion = ({ version }: RequestHead): HttpProblem | null =>
  version === '1.1'
    ? null
    : { status: 505, code: 'unsupported-version', message: `HTTP/${version} is not spoken here`, hint: 'use HTTP/1.1' };

/** A page of an attacker's name that leads to 127.0.0.1 sends that name: only this stops it, as a GET may carry no Origin. */
const judgeHost = ({ rawHeaders }: RequestHead, hosts: ReadonlySet<string>): HttpProblem | null => {
  const [host, ...others] = headerValues(rawHeaders, 'host');
  if (host !== undefined && others.length === 0 && hosts.has(host)) return null;
  return {
    status: 403,
    code: 'bad-host',
    message: 'the Host header does not name this address',
    hint: `use http://${[...hosts][0] ?? ''}/`,
  };
};

const judgeTarget = ({ target }: RequestHead): HttpProblem | null => {
  const [path = ''] = target.split('?');
  if (target.length <= longestTarget && target !== '' && plainTarget.test(target) && !/\/\.{1,2}(\/|$)/.test(path)) return null;
  return badRequest('the path has characters that no route has');
};

/**
 * `Sec-Fetch-Site` is what browsers say of who asks, and cannot be set by a page. Opening the page itself by a link is the one
 * thing that others may cause: it holds nothing secret, and cannot be framed.
 */
const judgeSender = ({ method, target, rawHeaders }: RequestHead): HttpProblem | null => {
  const [host = ''] = headerValues(rawHeaders, 'host');
  const origins = headerValues(rawHeaders, 'origin');
  const isOwn = origins.length === 0 || (origins.length === 1 && origins[0] === `http://${host}`);
  const sites = headerValues(rawHeaders, 'sec-fetch-site');
  const isNear = sites.every((site) => site === 'same-origin' || site === 'none');
  if (isOwn && (isNear || isVisit({ method, target, rawHeaders }, origins))) return null;
  return {
    status: 403,
    code: 'bad-origin',
    message: 'another page asked for this',
    hint: 'only the dashboard itself, or a program without an Origin header, may ask',
  };
};

const isVisit = (
  { method, target, rawHeaders }: Pick<RequestHead, 'method' | 'target' | 'rawHeaders'>,
  origins: readonly string[],
): boolean =>
  method === 'GET' &&
  target === '/' &&
  origins.length === 0 &&
  headerValues(rawHeaders, 'sec-fetch-mode').join() === 'navigate' &&
  headerValues(rawHeaders, 'sec-fetch-dest').join() === 'document';

/**
 * A form cannot send this type, and a script of another page only after asking, which nobody here answers. Of other methods there
 * is no route: what they have with them is never read.
 */
const judgeType = ({ method, rawHeaders }: RequestHead): HttpProblem | null => {
  if (method !== 'POST') return null;
  const types = headerValues(rawHeaders, 'content-type');
  if (types.length === 1 && /^application\/json(?:; *charset=utf-8)?$/i.test(types[0] ?? '')) return null;
  return {
    status: 415,
    code: 'unsupported-media-type',
    message: 'a request that does something has to be JSON',
    hint: 'send Content-Type: application/json',
  };
};
