import { expect } from 'chai';
import type { ExportInput, Loss } from '../../lib/interfaces/exporters/exporter.ts';
import { exporters } from '../../lib/interfaces/exporters/registry.ts';
import { readCaller } from '../../lib/runtime/sudo.ts';
import { toInput } from './rig.ts';

type Units = { readonly textOf: (ending: string) => string; readonly told: readonly string[] };

const toUnits = (input: ExportInput, format = 'systemd'): Units => {
  const exported = exporters.find((exporter) => exporter.format === format)?.toFiles(input);
  const tell = ({ service, text }: Loss): string => (service === null ? text : `${service}: ${text}`);
  return {
    textOf: (ending) => exported?.files.find(({ path }) => path.endsWith(ending))?.text ?? 'no such file',
    told: exported?.losses.map(tell) ?? [],
  };
};

const linesOf = (text: string, setting: string): readonly string[] =>
  text.split('\n').flatMap((line) => (line.startsWith(`${setting}=`) ? [line.slice(setting.length + 1)] : []));

describe('muster export systemd', () => {
  for (const [format, ending] of [
    ['systemd', 'a.service'],
    ['systemd-unit', '.service'],
  ] as const)
    it(`${format}: runs with the rights of whoever exports it, and where that is root, says so`, async () => {
      const input = await toInput({ name: 'shop', services: { a: { command: '/bin/true' } } });
      const unit = toUnits(input, format);
      expect(linesOf(unit.textOf(ending), 'User')).to.deep.equal(['ann']);
      expect(linesOf(unit.textOf(ending), 'Group')).to.deep.equal(['1000']);
      const ofRoot = toUnits({ ...input, user: null }, format);
      expect(ofRoot.textOf(ending)).not.to.match(/^(User|Group)=/m);
      expect(ofRoot.told.filter((text) => text.includes('root'))).to.deep.equal([
        'who runs it: nobody but root was there to be named, so all of it runs as root; set User= and Group=',
      ]);
    });

  it('sees through sudo who exports it', () => {
    const sudo = { SUDO_UID: '1000', SUDO_GID: '100' };
    expect(readCaller(sudo, { uid: 0, gid: 0 })).to.deep.equal({ uid: 1000, gid: 100 });
    expect(readCaller(sudo, { uid: 7, gid: 8 })).to.deep.equal({ uid: 7, gid: 8 });
    for (const env of [{}, { SUDO_UID: '0', SUDO_GID: '0' }, { SUDO_UID: 'x', SUDO_GID: '' }])
      expect(readCaller(env, { uid: 0, gid: 0 }), JSON.stringify(env)).to.equal(null);
    expect(readCaller(sudo, null)).to.equal(null);
  });

  it('finds every program that is named from the folder of its service', async () => {
    const services = {
      a: {
        command: './run x',
        cwd: 'api',
        stop: { command: './bin/stop.sh "a b"' },
        hooks: { before_start: '../tools/prepare', after_stop: 'true' },
      },
    };
    const input = await toInput({ name: 'shop', services });
    const { textOf } = toUnits(input);
    const { root } = input.stack;
    const unit = textOf('a.service');
    expect(linesOf(unit, 'ExecStart')).to.deep.equal([`${root}/api/run x`]);
    expect(linesOf(unit, 'ExecStop')).to.deep.equal([`${root}/api/bin/stop.sh "a b"`]);
    expect(linesOf(unit, 'ExecStartPre')).to.deep.equal([`${root}/tools/prepare`]);
    expect(linesOf(unit, 'ExecStopPost')).to.deep.equal(['-true']);
  });

  it('a stop without grace kills at once, where 0 would mean to wait for ever; hooks have their time', async () => {
    const stop = { signal: 'SIGINT', timeout: '0s' };
    const services = { a: { command: 'x', stop }, b: { command: 'x', stop, hooks: { before_stop: 'true' } } };
    const { textOf } = toUnits(await toInput({ name: 'shop', services }));
    expect(textOf('a.service')).to.match(/^KillSignal=SIGKILL\nTimeoutStopSec=0\.001s$/m);
    expect(textOf('b.service')).to.match(/^KillSignal=SIGKILL\nTimeoutStopSec=30s$/m);
  });

  it('lists variables that systemd would leave out for their names, and does not write them', async () => {
    const env = { 'a.b': 'x', 'c-d': 'y', '1st': 'z', _ok1: 'w' };
    const { textOf, told } = toUnits(await toInput({ name: 'shop', services: { a: { command: 'x', env } } }));
    expect(linesOf(textOf('a.service'), 'Environment')).to.deep.equal(['"_ok1=w"', '"NODE_ENV=development"']);
    for (const name of ['a.b', 'c-d', '1st'])
      expect(told).to.include(`a: its variable "${name}": systemd takes letters, digits and "_" only`);
  });

  it('a check by HTTP asks as it did here, and says what is left behind', async () => {
    const health = { http: 'http://127.0.0.1:80/', method: 'POST', headers: { A: 'b c' }, status: [201], body_matches: 'ok' };
    const { textOf, told } = toUnits(await toInput({ name: 'shop', services: { a: { command: 'x', health } } }));
    expect(linesOf(textOf('a.service'), 'ExecStartPost')).to.deep.equal([
      `/bin/sh -c "until code=$$(curl -s -m 1 -o /dev/null -w '%%{http_code}' -X POST -H 'A: b c' http://127.0.0.1:80/); [ \\"$$code\\" -eq 201 ]; do sleep 0.1; done"`,
    ]);
    expect(told).to.include('a: "body_matches" of its check: only the status of the answer counts there');
  });

  it('tells of the back-off, of hooks with another time, and of edges that systemd has no word for', async () => {
    const { told } = toUnits(
      await toInput({
        name: 'shop',
        services: {
          db: { command: 'x', port: 5432 },
          a: {
            command: 'x',
            restart: { delay: '2s', factor: 3 },
            hooks: { before_start: { command: 'true', timeout: '5s' }, after_stop: 'true' },
            depends_on: { db: { condition: 'started', required: false, restart: true } },
          },
        },
      }),
    );
    expect(told).to.include.members([
      'a: "factor" and "max_delay" of its restarts: each comes after 2s',
      'a: "timeout" of its hook before_start: it has what the start has',
      'a: "timeout" of its hook after_stop: it has that of its stop, 5s',
      'a: "restart" of its dependency on db',
      'a: that it only waits until db runs: there it waits until that is ready',
    ]);
  });
});
