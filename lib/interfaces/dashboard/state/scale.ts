const nice = [1, 2, 5] as const;

/** About five round marks between nothing and `end`. */
export const toSteps = (end: number): readonly number[] => {
  const rough = Math.max(1, end) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = (nice.find((each) => each * power >= rough) ?? 10) * power;
  const steps: number[] = [];
  for (let at = 0; at < end * 0.97; at += step) steps.push(at);
  return steps;
};
