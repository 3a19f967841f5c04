// The shop's API in front of the store. It answers at once: what takes time is put into a queue, and the worker does it.
import { fault, onStop, readJson, say, serveHttp } from './lib/service.mjs';
import { createStoreClient } from './lib/store-client.mjs';

const store = createStoreClient(process.env.STORE);

const placeOrder = async (request) => {
  const { product: id } = await readJson(request);
  const product = /^[a-z]+$/.test(id) ? await store.get(`product:${id}`) : null;
  if (product === null) throw fault(404, 'there is no such product');
  const number = await store.increase('orders');
  const order = { number, product: id, name: product.name, status: 'placed', at: Date.now() };
  await store.set(`order:${String(number).padStart(6, '0')}`, order);
  await store.push('jobs', { order: number });
  say(`order ${number}: ${product.name}`);
  return order;
};

/** What the page shows about the parts of the shop, so that one sees them work together. */
const readStatus = async () => {
  const started = performance.now();
  const waiting = await store.length('jobs');
  const storeMs = performance.now() - started;
  const [migrations, worker, restock, mail] = await Promise.all(
    ['migrations', 'seen:worker', 'seen:restock', 'seen:mail'].map(store.get),
  );
  return { storeMs, waiting, migrations, worker, restock, mail };
};

const routes = {
  'GET /products': () => store.list('product:'),
  'GET /orders': async () => (await store.list('order:')).slice(-12).reverse(),
  'POST /orders': placeOrder,
  'GET /status': readStatus,
  'POST /restock': async () => {
    await store.push('jobs', { restock: true });
    return { ok: true };
  },
};

const server = await serveHttp('api', (request, _response, url) => {
  const route = routes[`${request.method} ${url.pathname}`];
  if (route === undefined) throw fault(404, `no route ${request.method} ${url.pathname}`);
  return route(request);
});

onStop(async () => {
  await server.close();
  store.close();
});
