import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

export type InputsOptions = {
  /** The globs are relative to it, and nothing outside the project is read. */
  readonly cwd: string;
  readonly globs: readonly string[];
  readonly definitionHash: string;
};

/**
 * A fingerprint of everything a task's result depends on: its definition, and name and content of every file that its globs
 * match. Contents, because times lie: after a checkout, a copy, or a clock that was set back.
 */
export const fingerprintInputs = async ({ cwd, globs, definitionHash }: InputsOptions): Promise<string> => {
  const [{ glob }, { default: pRetry }] = await Promise.all([import('tinyglobby'), import('p-retry')]);
  const readOnce = async (): Promise<string> => {
    const files = await glob([...globs], { cwd, dot: true, onlyFiles: true, followSymbolicLinks: false });
    const hash = createHash('sha256').update(definitionHash);
    for (const file of files.sort()) {
      hash.update(`\0${file}\0`);
      await pipeline(createReadStream(join(cwd, file)), async (chunks: AsyncIterable<Buffer>) => {
        for await (const chunk of chunks) hash.update(chunk);
      });
    }
    return hash.digest('hex').slice(0, 32);
  };
  // An editor or a compiler at work takes files away between the listing and the look at them.
  return pRetry(readOnce, {
    retries: 3,
    minTimeout: 20,
    shouldRetry: ({ error }) => (error as NodeJS.ErrnoException).code === 'ENOENT',
  });
};
