import { expect } from 'chai';
import { type PretendedPage, partOfPage, pretendPage } from '../support/pretended-page.ts';
import { aServiceSnapshot } from '../support/snapshots.ts';

type Patch = Readonly<Record<string, unknown>>;
type App = { readonly app: { readonly get: () => Patch; readonly set: (patch: Patch) => void } };
type Keys = { readonly listenToKeys: () => void };

describe('the keys of the page', () => {
  let page: PretendedPage;
  let asked: string[];
  let before: Patch;
  let app: App['app'];

  const press = (key: string, options: Patch = {}): void =>
    page.emit('keydown', { key, repeat: false, target: null, preventDefault: () => undefined, ...options });

  beforeEach(async () => {
    asked = [];
    page = pretendPage();
    page.pretend('HTMLElement', class {});
    page.pretend('Element', class {});
    page.pretend('fetch', async (path: string) => {
      asked.push(path);
      return new Promise(() => undefined);
    });
    ({ app } = await partOfPage<App>('app.ts'));
    before = app.get();
    const services = ['db', 'api'].map((name) => aServiceSnapshot(name, 'ready'));
    app.set({
      phase: { kind: 'live' },
      stopping: false,
      busy: new Set(),
      order: ['db', 'api'],
      services: new Map(services.map((service) => [service.name, { ...service, seenAt: 0 }])),
      view: 'services',
      selected: 'api',
      isOpen: false,
    });
    (await partOfPage<Keys>('keys.ts')).listenToKeys();
  });
  afterEach(() => {
    app.set(before);
    page.restore();
  });

  it('do once what they do, however long they are held', () => {
    press('s');
    for (let count = 0; count < 40; count += 1) press('s', { repeat: true });
    expect(asked).to.deep.equal(['/api/v1/services/api/stop']);
  });

  it('go through the services while they are held', () => {
    app.set({ selected: null });
    press('j');
    press('j', { repeat: true });
    expect(app.get()).to.have.property('selected', 'api');
  });

  it('ask for nothing that the buttons would not: what is under way, while all goes down, without a connection', () => {
    app.set({ busy: new Set(['restart api']) });
    press('r');
    app.set({ busy: new Set(['stop api']) });
    press('s');
    press('r');
    app.set({ busy: new Set(), stopping: true });
    press('s');
    app.set({ stopping: false, phase: { kind: 'lost' } });
    press('s');
    press('r');
    expect(asked).to.deep.equal([]);
  });

  it('stop what is being started or restarted, as it may never be ready', () => {
    app.set({ busy: new Set(['restart api', 'start api']) });
    press('s');
    expect(asked).to.deep.equal(['/api/v1/services/api/stop']);
  });

  it('stop and restart nothing that is not shown as chosen', () => {
    for (const view of ['logs', 'history', 'ports']) {
      app.set({ view });
      press('s');
      press('r');
    }
    app.set({ view: 'services', filter: 'db' });
    press('s');
    expect(asked).to.deep.equal([]);
    app.set({ view: 'logs', isOpen: true });
    press('r');
    expect(asked).to.deep.equal(['/api/v1/services/api/restart']);
  });
});
