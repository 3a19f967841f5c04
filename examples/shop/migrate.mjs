// A task: it does its work once and ends. Exit code 0 is what "completed" means; any other would keep the dependents from
// starting. It can run again at any time: a migration that was done is not done twice.
import { say } from './lib/service.mjs';
import { createStoreClient } from './lib/store-client.mjs';

const store = createStoreClient(process.env.STORE);

const catalogue = [
  { id: 'teapot', name: 'Teapot', words: 'kitchen tea ceramic', price: 3200, stock: 4 },
  { id: 'lamp', name: 'Desk lamp', words: 'office light', price: 4900, stock: 6 },
  { id: 'kite', name: 'Kite', words: 'outdoor wind toy', price: 1850, stock: 3 },
  { id: 'clock', name: 'Wall clock', words: 'time office kitchen', price: 2700, stock: 5 },
  { id: 'boots', name: 'Rain boots', words: 'outdoor rain shoes', price: 3950, stock: 2 },
  { id: 'chess', name: 'Chess set', words: 'game wood toy', price: 5600, stock: 4 },
];

/** In order; each is done once, and the number of those done is kept in the store. */
const migrations = [
  async function createCatalogue() {
    for (const product of catalogue) await store.set(`product:${product.id}`, product);
  },
  async function rememberFullStock() {
    for (const product of await store.list('product:'))
      await store.set(`product:${product.id}`, { ...product, full: product.stock });
  },
];

const done = (await store.get('migrations')) ?? 0;
for (const [index, migrate] of migrations.entries()) {
  if (index < done) continue;
  await migrate();
  await store.set('migrations', index + 1);
  say(`migration ${index + 1} done: ${migrate.name}`);
}
say(`the store is at migration ${migrations.length}`);
store.close();
