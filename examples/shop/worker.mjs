// Takes jobs out of the store's queue, one after the other. It listens on no port, so nothing could ask it whether it is
// ready: it says so itself, with one newline on the descriptor that muster gives it (`ready: {notify: true}`).
import { writeSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { sendMail } from './lib/mail.mjs';
import { onStop, say } from './lib/service.mjs';
import { createStoreClient } from './lib/store-client.mjs';

const store = createStoreClient(process.env.STORE);
const queue = createStoreClient(process.env.STORE);
let current = Promise.resolve();
let isStopping = false;

const keyOf = (number) => `order:${String(number).padStart(6, '0')}`;
const isOpen = (order) => order.status === 'placed' || order.status === 'packing';

const confirm = async (order) => {
  try {
    await sendMail(process.env.MAIL, {
      subject: `Order ${order.number}: ${order.name}`,
      text: `Your ${order.name} is on its way.`,
    });
    await store.set('seen:mail', true);
    return 'confirmed by mail';
  } catch (error) {
    // The mail service is optional: without it the order is as good, only nobody is told.
    await store.set('seen:mail', false);
    return error.code === 'ECONNREFUSED' ? 'no mail: there is no mail service' : `no mail: ${error.message}`;
  }
};

const handleOrder = async (order) => {
  if (order === null || !isOpen(order)) return;
  await store.set(keyOf(order.number), { ...order, status: 'packing' });
  await wait(900);
  const product = await store.get(`product:${order.product}`);
  if (product.stock === 0) {
    await store.set(keyOf(order.number), { ...order, status: 'sold out' });
    say(`order ${order.number}: ${order.name} is sold out`);
    return;
  }
  await store.set(`product:${order.product}`, { ...product, stock: product.stock - 1 });
  const note = await confirm(order);
  await store.set(keyOf(order.number), { ...order, status: 'sent', note });
  say(`order ${order.number}: ${order.name} sent, ${note}`);
};

const restock = async () => {
  let filled = 0;
  for (const product of await store.list('product:')) {
    if (product.stock === product.full) continue;
    await store.set(`product:${product.id}`, { ...product, stock: product.stock + 1 });
    filled += 1;
  }
  await store.set('seen:restock', Date.now());
  if (filled > 0) say(`restock: one more of ${filled} products`);
};

const handleJob = async (job) => (job.restock ? restock() : handleOrder(await store.get(keyOf(job.order))));

/** Orders that an earlier worker had begun, or that were in nobody's hands when it died. */
const finishOldOrders = async () => {
  for (const order of (await store.list('order:')).filter(isOpen)) await handleOrder(order);
};

const work = async () => {
  await finishOldOrders();
  while (!isStopping) {
    const job = await queue.take('jobs');
    current = handleJob(job);
    await current;
  }
};

/** The worker's life sign, for the page. */
const beat = async () => {
  try {
    await store.set('seen:worker', Date.now());
  } catch {
    // The store is away; the next beat tells.
  }
};

await beat();
setInterval(beat, 1000);
say('worker is ready');
if (process.env.NOTIFY_FD !== undefined) writeSync(Number(process.env.NOTIFY_FD), '\n');

onStop(async () => {
  isStopping = true;
  queue.close();
  // The order in hand is finished first; services.yaml gives the time for it (`stop: {timeout: …}`).
  await current.catch((error) => say(`left undone: ${error.message}`));
  store.close();
});

// A store that is away for a moment is no reason to die: try again until it is back.
while (!isStopping) {
  try {
    await work();
  } catch (error) {
    if (isStopping) break;
    say(`${error.message}; trying again`);
    await wait(500);
  }
}
