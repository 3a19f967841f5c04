const nice = [1, 2, 5] as const;

/** About so many round marks between nothing and `end`; none where its text would stand out over the end. */
export const toSteps = (end: number, count = 5): readonly number[] => {
  const rough = Math.max(1, end) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = (nice.find((each) => each * power >= rough) ?? 10) * power;
  const steps: number[] = [];
  for (let at = 0; at < end * (1 - 0.15 / count); at += step) steps.push(at);
  return steps;
};
