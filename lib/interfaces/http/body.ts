import type { IncomingMessage } from 'node:http';
import type { HttpProblem } from './problem.ts';

export type ReadBody = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly problem: HttpProblem };

/** All of a body, if it is not larger than `most` bytes. */
export const readWholeBody = (request: IncomingMessage, most: number): Promise<ReadBody> =>
  new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > most) {
        request.pause();
        resolve({ ok: false, problem: tooLarge(most) });
      } else chunks.push(chunk);
    });
    request.once('end', () => resolve({ ok: true, text: Buffer.concat(chunks).toString('utf8') }));
    // Nobody is there any more to be told.
    request.once('close', () => resolve({ ok: false, problem: tooLarge(most) }));
  });

const tooLarge = (most: number): HttpProblem => ({
  status: 413,
  code: 'too-large',
  message: `a body may have ${most} bytes`,
  hint: null,
});
