// Asks for a periodic job. It has no port and knows nothing of muster: services.yaml takes its log line "scheduler ready" as
// the sign (`ready: {log: …}`), which works for every program that says when it is up.
import { onStop, say } from './lib/service.mjs';

const every = Number(process.env.RESTOCK_EVERY_MS ?? 15_000);

const restock = async () => {
  try {
    const answer = await fetch(`${process.env.API}/restock`, { method: 'POST', signal: AbortSignal.timeout(2000) });
    if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
  } catch (error) {
    // The next turn comes soon; a missed one costs nothing.
    say(`no restock this time: ${error.cause?.code ?? error.message}`);
  }
};

await restock();
const timer = setInterval(restock, every);
say(`scheduler ready: restock every ${every / 1000} s`);

onStop(() => clearInterval(timer));
