/** Names of environment variables whose values never appear in a message, a log of ours, or the memory. */
export const looksSecret = (name: string): boolean =>
  /(?:^|[_.-])(?:passw(?:or)?d|passphrase|passwd|pwd|pass|secrets?|tokens?|apikey|(?:api|access|private|secret|signing|encryption|master|auth)[_.-]?keys?|credentials?|auth|dsn|salt|cookie|session[_.-]?id)(?:$|[_.-]|\d)/i.test(
    name.replace(/([a-z])([A-Z])/g, '$1_$2'),
  ) ||
  // Wherever these stand: `DBPASSWORD`, `STRIPE_KEY`.
  /password|secret|[a-z0-9][_.-]keys?$/i.test(name) ||
  /(?:database|redis|mongo(?:db)?|amqp|rabbitmq|postgres|mysql)_ur[il]$/i.test(name);
