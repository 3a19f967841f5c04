// Searches with a pattern that takes a few tenths of a second, in a box of two seconds: "begins", then "match", "none" or "slow".
import { matchInWorker } from '../../lib/runtime/probes/pattern-worker.ts';

const source = '^(a+)+$|end$';
const pattern = new RegExp(source, 'm');
const signal = new AbortController().signal;
const takes = (text: string): number => {
  const began = performance.now();
  pattern.test(text);
  return performance.now() - began;
};
let text = `${'a'.repeat(16)} end`;
while (takes(text) < 200) text = `a${text}`;
await matchInWorker({ source, texts: ['warm'], box: 2000 }, signal);
console.log('begins');
console.log(await matchInWorker({ source, texts: [text], box: 2000 }, signal));
