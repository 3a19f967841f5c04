/** What is meant by a name that no service has, where it is no misspelt one. Null: that cannot be told. */
export const hintAtName = (name: string): string | null => {
  if (name === 'all') return 'without a name, all are meant';
  return /\.ya?ml$/i.test(name) ? `a stack file is named by "-f ${name}", before the command` : null;
};
