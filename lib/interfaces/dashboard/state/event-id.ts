/** `SERIES-NUMBER`: numbers of one supervisor count up, those of two say nothing of each other. */
const parse = (id: string): readonly [series: string, number: number] => {
  const at = id.lastIndexOf('-');
  return [id.slice(0, at), Number(id.slice(at + 1))];
};

/** What is as new as event `id` is older than event `heard`. */
export const isOlder = (id: string, heard: string | null): boolean => {
  if (heard === null) return false;
  const [[series, number], [heardSeries, heardNumber]] = [parse(id), parse(heard)];
  return series === heardSeries && number < heardNumber;
};
