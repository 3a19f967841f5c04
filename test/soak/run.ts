// Random kills and commands for a given time: `npm run soak [-- MINUTES [SEED]]`. Prints its seed first, and ends with 1 when an
// invariant does not hold.
import { cleanUpProjects } from '../support/cli.ts';
import { soak } from './soak.ts';

const [minutes = 10, seed = Math.floor(Math.random() * 2 ** 31)] = process.argv.slice(2).map(Number);
const end = performance.now() + minutes * 60_000;
console.log(`seed ${seed}, ${minutes} minutes`);
try {
  const { done, kills } = await soak({ seed, goesOn: () => performance.now() < end, tell: (text) => console.log(text) });
  console.log(`${done} things done, ${kills} of them kills: all seven invariants hold`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  await cleanUpProjects();
}
