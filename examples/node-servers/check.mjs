// A test suite in miniature: `muster run --env test -- node check.mjs`. All three servers answer when it begins.
import { strict as assert } from 'node:assert';

const answer = async (url) => (await fetch(url)).json();

for (const name of ['META', 'TRAINING', 'WEB']) {
  const { name: says, environment } = await answer(process.env[`${name}_URL`]);
  assert.equal(says, name.toLowerCase());
  assert.equal(environment, 'test');
}
console.log('three servers, three answers');
