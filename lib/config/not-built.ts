/** Fields that the schema knows already, because they are decided, and that no code obeys yet. Using one is an error. */
export const notBuilt: { readonly stack: ReadonlySet<string>; readonly service: ReadonlySet<string> } = {
  stack: new Set(['notify']),
  service: new Set<string>(),
};
