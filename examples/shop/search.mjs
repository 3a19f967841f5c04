// Full-text search over the catalogue. It listens before its index is built, so "the port is open" would be too early to
// call it ready: `ready` in services.yaml asks /ready, which says 503 until then. Later `health_url` asks /health.
import { setTimeout as wait } from 'node:timers/promises';
import { fault, onStop, say, sendJson, serveHttp } from './lib/service.mjs';
import { createStoreClient } from './lib/store-client.mjs';

const store = createStoreClient(process.env.STORE);
let index = null;

const buildIndex = async () => {
  const built = new Map();
  for (const { id, name, words } of await store.list('product:')) {
    for (const word of `${name} ${words}`.toLowerCase().split(/\W+/)) built.set(word, [...(built.get(word) ?? []), id]);
  }
  // A real index takes its time, too.
  await wait(250);
  return built;
};

/** Ids of the products that have a word beginning with each word of the question. */
const find = (question) => {
  const asked = question.toLowerCase().split(/\W+/).filter(Boolean);
  const idsOf = (start) => [...index].filter(([word]) => word.startsWith(start)).flatMap(([, ids]) => ids);
  const [first = [], ...rest] = asked.map(idsOf);
  return [...new Set(first)].filter((id) => rest.every((ids) => ids.includes(id)));
};

const server = await serveHttp('search', (_request, response, url) => {
  if (url.pathname === '/ready') {
    sendJson(response, index === null ? 503 : 200, { words: index?.size ?? 0 });
    return undefined;
  }
  if (index === null) throw fault(503, 'the index is being built');
  if (url.pathname === '/search') return find(url.searchParams.get('q') ?? '');
  throw fault(404, 'ask /search?q=…');
});

onStop(async () => {
  await server.close();
  store.close();
});

index = await buildIndex();
say(`index built: ${index.size} words`);
