import type { ServiceName, Stack } from '../../../domain/service.ts';
import { markOf } from '../../../runtime/file-mark.ts';
import type { ApplyRequest } from '../../control.ts';

export type DefinitionsOptions = {
  /** What runs, as it is at each look. */
  readonly running: Stack;
  /** What the command line of the first `up` said. */
  readonly request: ApplyRequest;
  /** The stack as its files say now; or what is wrong with them, in a sentence. */
  readonly read: (request: ApplyRequest, running: readonly ServiceName[]) => Promise<Stack | string>;
};

export type Definitions = {
  /** What its files say by now. They are read anew only after one of them was touched. */
  now(): Promise<Stack | string>;
  /** Reads them as somebody else asks for: what that is, is meant from then on. */
  reload(request: ApplyRequest): Promise<Stack | string>;
  /** The same, for one look. */
  peek(request: ApplyRequest): Promise<Stack | string>;
};

/** The files of a running stack, which people edit while it runs. */
export const watchDefinitions = ({ running, request: first, read }: DefinitionsOptions): Definitions => {
  let request = first;
  let files = running.files;
  let marks = marksOf(files);
  /** Null: they are as they were when they were read for what runs. */
  let latest: Stack | string | null = null;
  const peek = (asked: ApplyRequest): Promise<Stack | string> => read(asked, [...running.services.keys()]);

  /** Marked before they are read: what is written in between is read the next time. */
  const readMarked = async (asked: ApplyRequest): Promise<Stack | string> => {
    const before = marksOf(files);
    const found = await peek(asked);
    if (typeof found === 'string') {
      marks = before;
      return found;
    }
    marks = found.files.join('\n') === files.join('\n') ? before : notYet;
    ({ files } = found);
    return found;
  };

  return {
    now: async () => {
      if (marksOf(files) !== marks) latest = await readMarked(request);
      return latest ?? running;
    },
    reload: async (asked) => {
      const found = await readMarked(asked);
      latest = found;
      if (typeof found !== 'string') request = asked;
      return found;
    },
    peek,
  };
};

const notYet = 'not marked yet';

const marksOf = (files: readonly string[]): string => files.map((file) => `${file} ${markOf(file)}`).join('\n');
