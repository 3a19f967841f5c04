/** Names of environment variables whose values never appear in a message, a log of ours, or the memory. */
export const looksSecret = (name: string): boolean => !isOfTheShell.has(name) && saysSecret(name);

/** Their names only sound like it: the folder one is in, and where an agent listens. */
const isOfTheShell: ReadonlySet<string> = new Set(['PWD', 'OLDPWD', 'SSH_AUTH_SOCK']);

const saysSecret = (name: string): boolean =>
  /(?:^|[_.-])(?:passw(?:or)?d|passphrase|passwd|pwd|pass|secrets?|tokens?|apikey|(?:api|access|private|secret|signing|encryption|master|auth)[_.-]?keys?|credentials?|auth|dsn|salt|cookie|session[_.-]?id)(?:$|[_.-]|\d)/i.test(
    name.replace(/([a-z])([A-Z])/g, '$1_$2'),
  ) ||
  // Wherever these stand: `DBPASSWORD`, `STRIPE_KEY`.
  /password|secret|[a-z0-9][_.-]keys?$/i.test(name) ||
  /(?:database|redis|mongo(?:db)?|amqp|rabbitmq|postgres|mysql)_ur[il]$/i.test(name);

/** Shorter pieces would hide half of every line. */
const shortestSecret = 5;

/**
 * What of a secret value is not to be shown, wherever it stands: each of its lines, as a key is printed line by line, and of an
 * address the password alone, which a driver may print without the rest.
 */
export const piecesOfSecret = (value: string): readonly string[] => {
  const lines = value.split(/\r?\n/).map((line) => line.trim());
  const password = /^[a-z][a-z\d+.-]*:\/\/[^/?#\s@]*?:([^/?#\s]+)@/i.exec(value)?.[1];
  const pieces = [...lines, ...(password === undefined ? [] : [password, decoded(password)])];
  return [...new Set(pieces)].filter((piece) => piece.length >= shortestSecret);
};

/** Each stretch of the text that is one of these as `***`; where several overlap, all that they cover. */
export const hideAll = (text: string, secrets: Iterable<string>): string => {
  const stretches: Stretch[] = [];
  for (const secret of secrets) if (text.includes(secret)) stretches.push(...findAll(text, secret));
  if (stretches.length === 0) return text;
  let [shown, end] = ['', 0];
  for (const [from, to] of stretches.sort(([a], [b]) => a - b)) {
    if (from >= end) shown += `${text.slice(end, from)}***`;
    end = Math.max(end, to);
  }
  return shown + text.slice(end);
};

type Stretch = readonly [from: number, to: number];

const findAll = (text: string, secret: string): readonly Stretch[] => {
  const found: Stretch[] = [];
  if (secret === '') return found;
  for (let at = text.indexOf(secret); at >= 0; at = text.indexOf(secret, at + 1)) found.push([at, at + secret.length]);
  return found;
};

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    // A sign of percent that encodes nothing: it stands for itself.
    return text;
  }
};

/**
 * A value that every other project has, too: to hide it where a service prints it makes the log useless and protects nothing.
 * For variables that come from a file of secrets and whose own name says nothing.
 */
export const isCommonplace = (value: string): boolean => {
  const text = value.trim().toLowerCase();
  if (/^[a-z][a-z\d+.-]*:\/\//.test(text))
    return /^https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?(?:\/[a-z\d._/-]{0,20})?$/.test(text);
  return /^(?:localhost|(?:\d{1,3}\.){3}\d{1,3}|::1?|[a-z]{2}(?:-[a-z]+)+-\d)$/.test(text) || words.has(text);
};

const words: ReadonlySet<string> = new Set([
  ...['true', 'false', 'enabled', 'disabled', 'always', 'never', 'default'],
  ...['trace', 'debug', 'verbose', 'notice', 'warning', 'error', 'fatal', 'silent'],
  ...['development', 'production', 'staging', 'testing', 'local', 'test', 'preview'],
  ...['postgres', 'mysql', 'redis', 'sqlite', 'memory', 'console', 'pretty', 'en_us', 'utf-8', 'en_us.utf-8', 'c.utf-8'],
]);
