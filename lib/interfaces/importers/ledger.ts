import { toVisible } from '../../config/characters.ts';
import type { Path } from '../../domain/issue.ts';
import { keyOf, type Spot } from './tree.ts';

/** A setting of the other tool and what became of it. */
export type Remark = {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** `services.web.volumes`; empty for the file as a whole. */
  readonly key: string;
  readonly text: string;
};

/**
 * Where an importer accounts for what it read. `lose`: it is not in the result, and why. `note`: it is there, but not as it was,
 * or somebody has to decide.
 */
export type Ledger = {
  readonly lose: (spot: Spot, why: string) => void;
  readonly note: (spot: Spot, text: string) => void;
  readonly losses: () => readonly Remark[];
  readonly notes: () => readonly Remark[];
};

/** Nobody reads more, and a file may be made to hold millions. */
const mostRemarks = 2000;

export const createLedger = (): Ledger => {
  const losses = createList();
  const notes = createList();
  return { lose: losses.add, note: notes.add, losses: losses.all, notes: notes.all };
};

type List = { readonly add: (spot: Spot, text: string) => void; readonly all: () => readonly Remark[] };

const createList = (): List => {
  const found = new Map<string, Remark>();
  let left = 0;
  const add = (spot: Spot, text: string): void => {
    const remark = toRemark(spot, text);
    // What an anchor holds is met once for each alias, with a key of its own each time.
    const identity = `${remark.file}:${remark.line}:${remark.column}:${remark.key}:${text}`;
    if (found.has(identity)) return;
    if (found.size < mostRemarks) found.set(identity, remark);
    else left += 1;
  };
  const all = (): readonly Remark[] => {
    const sorted = [...found.values()].sort((a, b) =>
      a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line || a.column - b.column,
    );
    const [first] = sorted;
    if (left === 0 || first === undefined) return sorted;
    return [...sorted, { ...first, line: 1, column: 1, key: '', text: `${left} more that are not listed` }];
  };
  return { add, all };
};

const toRemark = ({ at, path }: Spot, text: string): Remark => ({
  file: at.file,
  line: at.line,
  column: at.column,
  key: toVisible(keyOf({ at, path: shorten(path) })),
  text: toVisible(text),
});

const shorten = (path: Path): Path =>
  path.map((step) => (typeof step === 'string' && step.length > 100 ? `${step.slice(0, 100)}…` : step));
