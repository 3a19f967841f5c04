/**
 * Words of a unit file, whatever is in them (systemd.syntax(7), systemd.service(5)): in double quotes with C escapes. A line break
 * is written as `\n`: a raw one would end the line, and let what follows it be a setting of its own.
 */

/** For `Environment=`: specifiers (`%`) are expanded there, variables are not. */
export const quoteAssignment = (text: string): string => `"${escapeText(text)}"`;

/** For `ExecStart=` and its like: `$` is expanded there, too. */
export const quoteArgument = (text: string): string => {
  const escaped = escapeText(text).replaceAll('$', '$$$$');
  // `;` alone would begin another command.
  return /^[\w./@+,:=-]+$/.test(text) ? escaped : `"${escaped}"`;
};

/** A value that ends with its line and knows no quotes: Description, a path. */
export const plainValue = (text: string): string => toPrintable(text).replaceAll('%', '%%').trim();

const escapeText = (text: string): string =>
  text
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('%', '%%')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about.
    .replaceAll(
      /[\u0000-\u001f\u007f]/g,
      (letter) => named[letter] ?? `\\x${letter.charCodeAt(0).toString(16).padStart(2, '0')}`,
    );

const named: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

// biome-ignore lint/suspicious/noControlCharactersInRegex: see above.
const toPrintable = (text: string): string => text.replaceAll(/[\u0000-\u001f\u007f]+/g, ' ');
