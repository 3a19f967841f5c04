/** What stands in the place of a value: text is as `services.yaml` has it, with `$$` for a `$` that is meant. */
export type DraftValue = string | number | boolean | null | readonly DraftValue[] | { readonly [key: string]: DraftValue };

export type DraftField = {
  readonly key: string;
  readonly value: DraftValue;
  /** Sentences above it. */
  readonly comment?: readonly string[];
  /** Written as a comment: somebody has to decide. */
  readonly isSuggestion?: true;
};

export type DraftService = {
  readonly name: string;
  readonly comment: readonly string[];
  readonly fields: readonly DraftField[];
};

/** A `services.yaml` that is about to be written. */
export type Draft = {
  /** Sentences at the top. */
  readonly head: readonly string[];
  /** Of the stack level, without `services`. */
  readonly fields: readonly DraftField[];
  readonly services: readonly DraftService[];
};
