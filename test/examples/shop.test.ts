import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { readIdentity } from '../../lib/runtime/processes/read-identity.ts';
import { root } from '../house/project.ts';
import { freePort } from '../support/procs.ts';
import { killNine } from '../support/signals.ts';

//     store ──► migrate ─┬─► api ──────┬─► scheduler
//                        ├─► search ───┤
//                        └─► worker ┐  ├─► front
//     mail (optional) ─────────────►┘··┤
//     images ──────────────────────────┘

const command = path.join(root, 'dist', 'cli.js');

type Order = { readonly number: number; readonly name: string; readonly status: string; readonly note?: string };

/** Processes that run in a folder, whatever they are called and whoever their parent is. */
const processesIn = (folder: string): string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readlinkSync(`/proc/${pid}/cwd`).startsWith(folder);
      } catch {
        // It has ended, or is another user's and not ours.
        return false;
      }
    });

describe('the demo stack', function () {
  let folder = '';
  let muster: ChildProcess;
  let output = '';
  let front = '';

  /** Settles when muster has printed something that matches. */
  const printed = (pattern: RegExp): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (pattern.test(output)) resolve();
      };
      muster.stdout?.on('data', look);
      muster.once('close', (code) => reject(new Error(`muster ended (${code}) without printing ${pattern}:\n${output}`)));
      look();
    });

  const getJson = async <T>(route: string): Promise<T> => {
    const answer = await fetch(`${front}${route}`);
    expect(answer.status, route).to.equal(200);
    return (await answer.json()) as T;
  };

  /** Asks until the worker has told the store, and the store the API. */
  const findOrder = async (number: number, status: string): Promise<Order> => {
    for (;;) {
      const order = (await getJson<Order[]>('/api/orders')).find((each) => each.number === number);
      if (order?.status === status) return order;
      await wait(50);
    }
  };

  before(async () => {
    if (!existsSync(command)) throw new Error('there is no dist/cli.js: run `npm run setup` first');
    folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'muster-shop-')));
    cpSync(path.join(root, 'services.yaml'), path.join(folder, 'services.yaml'));
    cpSync(path.join(root, 'examples'), path.join(folder, 'examples'), {
      recursive: true,
      filter: (file) => !file.endsWith('.jsonl'),
    });
    const names = ['STORE', 'API', 'SEARCH', 'IMAGES', 'FRONT', 'MAIL', 'MAIL_WEB'];
    const ports: number[] = [];
    for (const _ of names) ports.push(await freePort());
    const env = Object.fromEntries(names.map((name, index) => [`PORT_${name}`, String(ports[index])]));
    front = `http://127.0.0.1:${env['PORT_FRONT']}`;
    // Only Node is on the PATH, so that a mailpit of this machine does not change the result.
    const PATH = `${path.dirname(process.execPath)}:/usr/bin:/bin`;
    muster = spawn(process.execPath, [command, 'up'], {
      cwd: folder,
      env: { ...env, PATH, HOME: folder, XDG_RUNTIME_DIR: folder },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [muster.stdout, muster.stderr]) {
      stream?.setEncoding('utf8').on('data', (chunk: string) => {
        output += chunk;
      });
    }
    await printed(/degraded/i);
  });

  after(async () => {
    if (muster.exitCode === null && muster.signalCode === null) {
      const closed = new Promise((resolve) => muster.once('close', resolve));
      muster.kill('SIGTERM');
      await closed;
    }
    rmSync(folder, { recursive: true, force: true });
  });

  it('comes up without the mail service, and says why it is degraded', () => {
    expect(output).to.match(/ front ready/);
    expect(output).to.match(/ mail failed.*mailpit/);
    expect(output).to.match(/ migrate completed/);
  });

  it('serves its page, and the products from the store through the API', async () => {
    const page = await fetch(front);
    expect(await page.text()).to.contain('The muster shop');
    const products = await getJson<{ id: string }[]>('/api/products');
    expect(products.map(({ id }) => id)).to.deep.equal(['boots', 'chess', 'clock', 'kite', 'lamp', 'teapot']);
  });

  it('finds products, and draws them', async () => {
    expect(await getJson('/find/search?q=toy')).to.have.members(['kite', 'chess']);
    const picture = await fetch(`${front}/images/kite.svg`);
    expect(picture.headers.get('content-type')).to.equal('image/svg+xml');
  });

  it('takes an order, which the worker handles', async () => {
    const answer = await fetch(`${front}/api/orders`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ product: 'kite' }),
    });
    const { number } = (await answer.json()) as Order;
    const order = await findOrder(number, 'sent');
    expect(order).to.include({ name: 'Kite', note: 'no mail: there is no mail service' });
  });

  it('refuses an order that a page of another site could send', async () => {
    const answer = await fetch(`${front}/api/orders`, { method: 'POST', body: '{"product":"kite"}' });
    expect(answer.status).to.equal(415);
  });

  it('keeps its orders when the store is killed, because muster starts the store again', async function () {
    if (process.platform !== 'linux') return this.skip();
    const before = await getJson<Order[]>('/api/orders');
    const store = processesIn(folder).find((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('store.mjs'));
    killNine(readIdentity(Number(store)));
    await printed(/( store ready[^]*){2}/);
    expect((await getJson<Order[]>('/api/orders')).map(({ number }) => number)).to.deep.equal(before.map(({ number }) => number));
    return undefined;
  });

  it('is gone after Ctrl-C, with everything that belongs to it', async () => {
    const closed = new Promise<number | null>((resolve) => muster.once('close', resolve));
    muster.kill('SIGINT');
    expect(await closed, output).to.equal(130);
    if (process.platform === 'linux') expect(processesIn(folder)).to.deep.equal([]);
    expect(await fetch(front).catch(() => 'nobody')).to.equal('nobody');
  });
});
