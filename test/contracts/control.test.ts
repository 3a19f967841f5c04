import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { ServiceName, Stack } from '../../lib/domain/service.ts';
import type { StackSnapshot } from '../../lib/domain/snapshot.ts';
import { connectControl } from '../../lib/interfaces/control/client.ts';
import { serveControl } from '../../lib/interfaces/control/server.ts';
import { toStatusData } from '../../lib/interfaces/control/status-data.ts';
import type { ActionResult, ControlEvent, StackControl } from '../../lib/interfaces/control.ts';
import type { Script } from '../support/fake-runtime.ts';
import { type DoorKind, serveHttp } from '../support/http.ts';
import { toHttpFront } from '../support/http-front.ts';
import { until } from '../support/procs.ts';
import { aRandom } from '../support/runs.ts';
import { aSession, type SessionRig } from '../support/sessions.ts';
import { aDependency, aService, aStack, aTask } from '../support/stacks.ts';

/** `restarts`: how many have been asked for. */
type Front = SessionRig & { readonly front: StackControl; readonly restarts: () => number };
type Open = (stack: Stack, scripts?: Readonly<Record<ServiceName, readonly Script[]>>) => Promise<Front>;

const cleanUps: (() => Promise<void> | void)[] = [];

const countRestarts = (own: StackControl) => {
  let count = 0;
  const restart: StackControl['restart'] = (names) => {
    count += 1;
    return own.restart(names);
  };
  return { control: { ...own, restart }, restarts: () => count };
};

const openLocal: Open = async (stack, scripts) => {
  const rig = aSession(stack, scripts);
  const { control: front, restarts } = countRestarts(rig.control);
  return { ...rig, front, restarts };
};

const openFramed: Open = async (stack, scripts) => {
  const rig = aSession(stack, scripts);
  const folder = mkdtempSync(join(tmpdir(), 'muster-control-'));
  const { control, restarts } = countRestarts(rig.control);
  const server = await serveControl({
    folder,
    control,
    onProblem: (problem) => {
      throw new Error(problem);
    },
    limits: { farewell: 100 },
  });
  cleanUps.push(async () => {
    await server.close();
    await server.hangUp();
    rmSync(folder, { recursive: true });
  });
  const front = await connectControl(folder);
  if (!front.ok) throw new Error(front.reason);
  cleanUps.push(front.close);
  return {
    ...rig,
    restarts,
    front: {
      ...front,
      // An attached `up` closes its server when everything is down; a client of `down` waits for that.
      down: async () => {
        const result = front.down();
        void rig.control.down().then(async () => {
          await server.close();
          await server.hangUp();
        });
        return result;
      },
    },
  };
};

const openHttp =
  (over: DoorKind): Open =>
  async (stack, scripts) => {
    let restarts = (): number => 0;
    const control = (own: StackControl): StackControl => {
      const counted = countRestarts(own);
      restarts = counted.restarts;
      return counted.control;
    };
    const rig = await serveHttp(stack, { over, control, ...(scripts === undefined ? {} : { scripts }) });
    return { ...rig, front: toHttpFront(rig), restarts };
  };

/** What a front tells of a snapshot: all of it, or what `muster status --json` has. */
const asItIs = (snapshot: StackSnapshot): unknown => JSON.parse(JSON.stringify(snapshot));
const asData = (snapshot: StackSnapshot): unknown => {
  const { running: _running, ...data } = toStatusData(snapshot);
  return JSON.parse(JSON.stringify(data));
};

const namesOf = (result: ActionResult): readonly ServiceName[] => {
  if (!result.ok) throw new Error(JSON.stringify(result.refusal));
  return result.names;
};

/** What comes until `isLast` says so, or the end. */
const collect = async (
  events: AsyncIterable<ControlEvent>,
  isLast: (event: ControlEvent) => boolean = () => false,
): Promise<string[]> => {
  const told: string[] = [];
  for await (const event of events) {
    told.push(
      event.type === 'changed' ? `${event.service.name} ${event.service.state}` : event.type === 'noticed' ? event.text : 'ended',
    );
    if (isLast(event)) break;
  }
  return told;
};

// web ─► api ─► db
const chain = (overrides: Readonly<Record<string, object>> = {}): Stack =>
  aStack([
    aService('db', overrides.db),
    aService('api', { dependsOn: [aDependency('db')], ...overrides.api }),
    aService('web', { dependsOn: [aDependency('api')], ...overrides.web }),
  ]);

for (const [kind, open, shown] of [
  ['in its own process', openLocal, asItIs],
  ['by frames over its socket', openFramed, asItIs],
  ['by HTTP over its socket', openHttp('socket'), asData],
  ['by HTTP over a port', openHttp('port'), asData],
] as const) {
  describe(`the control of a stack, ${kind}`, () => {
    afterEach(async () => {
      for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
    });

    it('gives the snapshot that the session has', async () => {
      const { front, session, boot } = await open(chain());
      await boot();
      expect(await front.snapshot()).to.deep.include(shown(session.snapshot()));
    });

    it('refuses a name that the stack does not have, and says which was meant', async () => {
      const { front, boot, states } = await open(chain());
      await boot();
      const refusal = { kind: 'unknown-service', name: 'wbe', suggestion: 'web' };
      expect(await front.start(['db', 'wbe'])).to.deep.equal({ ok: false, refusal });
      expect(await front.stop(['wbe'], 'force')).to.deep.equal({ ok: false, refusal });
      expect(await front.restart(['wbe'])).to.deep.equal({ ok: false, refusal });
      expect(await front.why('wbe')).to.deep.equal(refusal);
      const odd = { kind: 'unknown-service', name: '__proto__', suggestion: null };
      expect(await front.start(['__proto__'])).to.deep.equal({ ok: false, refusal: odd });
      expect(states()).to.deep.equal(['ready', 'ready', 'ready']);
    });

    it('opens no second door where its supervisor has none, or where a token asks', async () => {
      const { front } = await open(chain());
      const answer = await front.dashboard({ host: null, port: null, expose: false });
      const reason = kind.endsWith('a port')
        ? 'this can only be asked over the control socket'
        : 'there is no dashboard for this stack';
      expect(answer).to.deep.equal({ ok: false, reason });
    });

    it('E11: stop of what others need is refused, and they are listed, also those that need it through another', async () => {
      const { front, boot, states } = await open(chain());
      await boot();
      expect(await front.stop(['db'], 'refuse')).to.deep.equal({
        ok: false,
        refusal: {
          kind: 'needed',
          neededBy: [
            { name: 'api', needs: 'db' },
            { name: 'web', needs: 'api' },
          ],
        },
      });
      expect(states()).to.deep.equal(['ready', 'ready', 'ready']);
    });

    it('E11: with its dependents, those stop first; with force, only it does', async () => {
      const { front, boot, states, move, runtime } = await open(chain(), { api: [{ stopTakes: 50 }], db: [{ stopTakes: 50 }] });
      await boot();
      expect(namesOf(await move(front.stop(['api'], 'force')))).to.deep.equal(['api']);
      expect(states()).to.deep.equal(['ready', 'stopped', 'ready']);
      await move(front.start(['api']));
      expect(namesOf(await move(front.stop(['db'], 'with-dependents')))).to.deep.equal(['db', 'api', 'web']);
      expect(states()).to.deep.equal(['stopped', 'stopped', 'stopped']);
      expect(runtime.signals.map(({ name }) => name).slice(1)).to.deep.equal(['web', 'api', 'db']);
    });

    it('E12: stop of something stopped does nothing and is in order', async () => {
      const { front, boot, move, runtime } = await open(chain());
      await boot();
      await move(front.stop(['web'], 'refuse'));
      expect(namesOf(await move(front.stop(['web'], 'refuse')))).to.deep.equal(['web']);
      expect(runtime.signals).to.have.lengthOf(1);
    });

    it('stops all without names, starts all again without names, and starts nothing that is up', async () => {
      const { front, boot, move, states, spawned } = await open(chain());
      await boot();
      expect(namesOf(await move(front.stop([], 'refuse')))).to.deep.equal(['db', 'api', 'web']);
      expect(states()).to.deep.equal(['stopped', 'stopped', 'stopped']);
      const started = await move(front.start([]));
      expect(namesOf(started)).to.deep.equal(['db', 'api', 'web']);
      expect(started.ok && started.snapshot.services.map(({ state }) => state)).to.deep.equal(['ready', 'ready', 'ready']);
      await move(front.start([]));
      expect(spawned()).to.deep.equal(['db', 'api', 'web', 'db', 'api', 'web']);
    });

    it('starts one with what it needs, as a run of its own in the history', async () => {
      const { front, boot, move, session, states } = await open(chain());
      await boot();
      await move(front.stop([], 'refuse'));
      expect(namesOf(await move(front.start(['api'])))).to.deep.equal(['db', 'api']);
      expect(states()).to.deep.equal(['ready', 'ready', 'stopped']);
      expect(session.history().runs.map(({ id, trigger, services }) => [id, trigger, Object.keys(services)])).to.deep.equal([
        [1, 'up', ['db', 'api', 'web']],
        [2, 'start', ['db', 'api']],
      ]);
    });

    // api ─► migrate (a task) ─► db
    it('a task that has done its work is done again only when it is named, or what it worked on is new', async () => {
      const stack = aStack([
        aService('db'),
        aTask('migrate', { dependsOn: [aDependency('db')] }),
        aService('api', { dependsOn: [aDependency('migrate', { condition: 'completed' })] }),
      ]);
      const { front, boot, move, spawned } = await open(stack, { migrate: [{ exits: { after: 5 } }] });
      const spawnedBy = async (answer: Promise<ActionResult>): Promise<readonly string[]> => {
        const before = spawned().length;
        await move(answer);
        return spawned().slice(before);
      };
      await boot();
      expect(await spawnedBy(front.start([]))).to.deep.equal([]);
      await move(front.stop(['api'], 'refuse'));
      expect(await spawnedBy(front.start(['api']))).to.deep.equal(['api']);
      expect(await spawnedBy(front.start(['migrate']))).to.deep.equal(['migrate']);
      await move(front.stop([], 'refuse'));
      expect(await spawnedBy(front.start(['api']))).to.deep.equal(['db', 'migrate', 'api']);
      expect(await spawnedBy(front.restart([]))).to.deep.equal(['db', 'migrate', 'api']);
    });

    it('a start by hand resets the breaker', async () => {
      const crash: Script = { readyAfter: null, exits: { after: 10, code: 1 } };
      const { front, boot, move, stateOf, runtime } = await open(chain(), { db: [crash] });
      await boot();
      expect(stateOf('db')).to.equal('failed');
      expect(stateOf('web')).to.equal('skipped');
      const before = runtime.spawned.length;
      await move(front.start(['db']));
      expect(runtime.spawned.length - before).to.equal(6);
      runtime.rescript('db', [{}]);
      const mended = await move(front.start(['web']));
      expect(mended.ok && mended.snapshot.services.map(({ state }) => state)).to.deep.equal(['ready', 'ready', 'ready']);
    });

    it('restarts those that ask for it with what they need, in order, and nobody else', async () => {
      const { front, boot, move, spawned } = await open(chain({ api: { dependsOn: [aDependency('db', { restart: true })] } }), {
        db: [{ stopTakes: 20 }],
        api: [{ stopTakes: 20 }],
      });
      await boot();
      expect(namesOf(await move(front.restart(['db'])))).to.deep.equal(['db', 'api']);
      expect(spawned().slice(3)).to.deep.equal(['db', 'api']);
    });

    it('a restart brings what is missing back, too, and ends when something stays skipped', async () => {
      const { front, boot, move, stateOf, states, runtime } = await open(chain());
      await boot();
      await move(front.stop(['db'], 'force'));
      await move(front.restart(['api']));
      expect(states()).to.deep.equal(['ready', 'ready', 'ready']);
      runtime.rescript('db', [{ spawnFails: { stage: 'program', code: 'ENOENT', message: 'x was not found', passing: false } }]);
      await move(front.restart([]));
      expect(states()).to.deep.equal(['failed', 'skipped', 'skipped']);
      await move(front.restart(['web']));
      expect(stateOf('web')).to.equal('skipped');
    });

    it('F88: fifty restarts of one service at once are joined, and all of them are answered', async () => {
      const { front, boot, move, states, spawned, restarts } = await open(chain(), { db: [{ stopTakes: 20, readyAfter: 20 }] });
      await boot();
      const asked = Promise.all(Array.from({ length: 50 }, () => front.restart(['db'])));
      // They may come over several connections: time stands still until all are there.
      await until('all are asked for', () => restarts() === 50);
      for (const result of await move(asked)) expect(namesOf(result)).to.deep.equal(['db']);
      expect(states()).to.deep.equal(['ready', 'ready', 'ready']);
      expect(spawned().slice(3)).to.deep.equal(['db']);
    });

    it('F87: whatever is asked for at once, everybody is answered, and the last one wins', async () => {
      for (let seed = 1; seed <= 40; seed += 1) {
        const random = aRandom(seed);
        const takes = { stopTakes: 20, readyAfter: 20 };
        const { front, boot, move, states } = await open(chain(), { db: [takes], api: [takes], web: [takes] });
        const asked: Promise<unknown>[] = [boot()];
        for (let count = 0; count < 8; count += 1) {
          const names = ['db', 'api', 'web'].filter(() => random() < 0.4);
          const kind = random();
          if (kind < 0.3) asked.push(front.start(names));
          else if (kind < 0.5) asked.push(front.restart(names));
          else asked.push(front.stop(names, kind < 0.75 ? 'force' : 'with-dependents'));
          // Some find the one before them done or half done, some come with it.
          if (random() < 0.4) await move(Promise.race(asked));
        }
        const isStart = random() < 0.5;
        const last = isStart ? front.start([]) : front.stop([], 'refuse');
        const answers = Promise.all([...asked, last]);
        await move(answers).catch((error: unknown) => {
          throw new Error(`seed ${seed}: ${String(error)}`);
        });
        const end = isStart ? 'ready' : 'stopped';
        expect(states(), `seed ${seed}`).to.deep.equal([end, end, end]);
      }
    });

    it('down stops everything in order and says what it took; after that nothing is started any more', async () => {
      const { front, boot, move, states, runtime, control } = await open(chain(), {
        web: [{ stopTakes: 30 }],
        db: [{ stopTakes: 30 }],
      });
      await boot();
      expect(await move(front.down())).to.deep.equal({ took: 60, survivors: [], killed: [] });
      expect(states()).to.deep.equal(['stopped', 'stopped', 'stopped']);
      expect(runtime.signals.map(({ name }) => name)).to.deep.equal(['web', 'api', 'db']);
      for (const late of [control.start([]), control.stop([], 'force'), control.restart([])]) {
        expect(await late).to.deep.equal({ ok: false, refusal: { kind: 'stopping' } });
      }
    });

    it('down names what could not be ended', async () => {
      const { front, boot, move } = await open(chain(), { db: [{ stopTakes: null, immortal: true }] });
      await boot();
      const { survivors } = await move(front.down());
      const processes = [{ pid: 1_001, command: 'db', user: null }];
      expect(survivors).to.deep.equal([{ name: 'db', pids: [1_001], text: 'pid 1001 (db) still runs', processes }]);
    });

    it('a start that is under way when everything goes down is told so', async () => {
      const { front, boot, move } = await open(chain(), { web: [{}, { readyAfter: null }] });
      await boot();
      await move(front.stop(['web'], 'refuse'));
      const started = front.start(['web']);
      const events = front.events(new AbortController().signal);
      await collect(events, (event) => event.type === 'changed' && event.service.state === 'starting');
      const [start] = await Promise.all([started, move(front.down())]);
      expect(start).to.deep.equal({ ok: false, refusal: { kind: 'stopping' } });
    });

    it('hurry gives everybody one second, then none; without a down it does nothing', async () => {
      const { front, boot, move, runtime, states } = await open(chain(), { web: [{ stopTakes: null }] });
      await boot();
      await front.hurry(2);
      expect(states()).to.deep.equal(['ready', 'ready', 'ready']);
      const down = front.down();
      await front.hurry(1);
      expect((await move(down)).took).to.equal(1_000);
      expect(runtime.signals.map(({ name, signal }) => `${signal} ${name}`)).to.include('SIGKILL web');
    });

    it('why leads from a service to the root of its trouble', async () => {
      const { front, boot, move, runtime } = await open(chain());
      await boot();
      runtime.rescript('db', [{ readyAfter: null, exits: { after: 10, code: 3 } }]);
      await move(front.stop([], 'refuse'));
      void front.start([]).catch(() => undefined);
      const events = front.events(new AbortController().signal);
      const seen = collect(events, (event) => event.type === 'changed' && event.service.state === 'backoff');
      await move(seen);
      const why = await front.why('web');
      expect('steps' in why && why.steps.map(({ service, state, because }) => `${service} (${state}) ${because}`)).to.deep.equal([
        'web (waiting) waits for api',
        'api (waiting) waits for db',
        'db (backoff) exited with code 3 before it was ready; next try in 1.0 s (1/5)',
      ]);
      expect(why).to.deep.include({ service: 'web', logLines: [], logFile: '/logs/db.log' });
    });

    it('tells changes and notices as they come, and the end as the last', async () => {
      const { front, boot, move, control } = await open(chain());
      await boot();
      const told = collect(front.events(new AbortController().signal));
      // The events are asked for on the same connection before this is.
      await front.snapshot();
      await move(front.stop(['web'], 'refuse'));
      control.notice('something happened');
      control.end();
      expect(await told).to.deep.equal(['web stopping', 'web stopped', 'something happened', 'ended']);
      expect(await collect(front.events(new AbortController().signal))).to.deep.equal([]);
    });

    it('events end when their reader wants no more, and the others go on', async () => {
      const { front, boot, move } = await open(chain());
      await boot();
      const leaving = new AbortController();
      const left = collect(front.events(leaving.signal));
      const stayed = collect(
        front.events(new AbortController().signal),
        (event) => event.type === 'changed' && event.service.state === 'stopped',
      );
      await front.snapshot();
      leaving.abort();
      await move(front.stop(['web'], 'refuse'));
      expect(await left).to.deep.equal([]);
      expect(await stayed).to.deep.equal(['web stopping', 'web stopped']);
      expect(await collect(front.events(AbortSignal.abort()))).to.deep.equal([]);
    });

    it('S-26: no value of the environment comes out, also not the folders of PATH', async () => {
      const secret = '/opt/ann/canary-7f3a';
      const failure = {
        stage: 'program',
        code: 'ENOENT',
        message: 'x was not found in PATH',
        searched: secret,
        passing: false,
      } as const;
      const stack = chain({ web: { env: { TOKEN: 'canary-7f3a' } } });
      const { front, boot, move } = await open(stack, { db: [{ spawnFails: failure }] });
      await boot();
      const told: string[] = [];
      const events = (async () => {
        for await (const event of front.events(new AbortController().signal)) {
          told.push(JSON.stringify(event));
          if (event.type === 'changed' && event.service.name === 'web' && event.service.state === 'skipped') break;
        }
      })();
      await front.snapshot();
      await move(front.start([]));
      await events;
      const all = [await front.snapshot(), await front.why('web'), told].map((part) => JSON.stringify(part)).join('\n');
      expect(all).to.include('x was not found in PATH').and.not.to.include('canary-7f3a');
    });
  });
}
