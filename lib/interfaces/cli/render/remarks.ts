/** Something that is said of a service, or of the whole stack. */
export type Spoken = { readonly service: string | null; readonly text: string };

/** One line for each thing that is said: `db, cache: that it listens …`; of the whole stack: without names. */
export const toRemarkLines = (remarks: readonly Spoken[]): readonly string[] => {
  const names = new Map<string, string[]>();
  for (const { service, text } of remarks) {
    const known = names.get(text) ?? [];
    names.set(text, known);
    if (service !== null && !known.includes(service)) known.push(service);
  }
  return [...names].map(([text, of]) => (of.length === 0 ? text : `${of.join(', ')}: ${text}`));
};
