/** The same function, asked only once for each input. For one piece of work: nothing is ever forgotten. */
export const remember = <Input, T>(ask: (input: Input) => T): ((input: Input) => T) => {
  const answers = new Map<Input, T>();
  return (input) => {
    const known = answers.get(input);
    if (known !== undefined) return known;
    const answer = ask(input);
    answers.set(input, answer);
    return answer;
  };
};
