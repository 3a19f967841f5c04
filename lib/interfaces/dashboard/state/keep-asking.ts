/**
 * Asks at once, and again `every` so many milliseconds after each answer (null: never). A hidden page asks nobody: what falls due
 * meanwhile is asked for when it is looked at again. Returns the way out, after which no answer is told.
 */
export const keepAsking = <Answer>(
  ask: () => Promise<Answer>,
  onAnswer: (answer: Answer) => void,
  every: number | null,
): (() => void) => {
  let isOver = false;
  let isDue = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const askNow = async (): Promise<void> => {
    isDue = document.hidden;
    if (isDue) return;
    const answer = await ask();
    if (isOver) return;
    onAnswer(answer);
    if (every !== null) timer = setTimeout(() => void askNow(), every);
  };
  const look = (): void => {
    if (isDue && !document.hidden) void askNow();
  };
  document.addEventListener('visibilitychange', look);
  void askNow();
  return () => {
    isOver = true;
    clearTimeout(timer);
    document.removeEventListener('visibilitychange', look);
  };
};
