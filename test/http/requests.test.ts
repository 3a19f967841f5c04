import { expect } from 'chai';
import { type DoorKind, type HttpAnswer, type HttpRig, sayRaw, serveHttp } from '../support/http.ts';
import { createRandom } from '../support/random.ts';
import { aDependency, aService, aStack } from '../support/stacks.ts';
import { get, ours, type Row, rowsOver } from './request-rows.ts';

// api ─► db
const twoServices = aStack([aService('db'), aService('api', { dependsOn: [aDependency('db')] })]);

const isThere = get('/api/v1/usage', [ours, 'Authorization: Bearer T']);

/** What an upgrade asks for is not spoken here: it goes on as what it was before. */
const isEnoughOf = (row: Row): ((text: string) => boolean) | undefined =>
  /\/events|\/stream/.test(row.text) ? (text) => text.includes('\r\n\r\n') : undefined;

for (const over of ['port', 'socket'] satisfies DoorKind[]) {
  describe(`every request over the ${over}`, () => {
    const rows = rowsOver[over];
    let rig: HttpRig;

    const say = (text: string, row?: Row): Promise<HttpAnswer> => {
      const filled = (typeof rig.at === 'number' ? text : text.replaceAll('127.0.0.1:P', 'localhost'))
        .replaceAll(/(?<=[:\s])P(?=[:/,\s]|$)/gm, String(rig.at).replace(/^\D.*/, '4400'))
        .replaceAll(/(?<=[\s=])TT(?=[;\s]|$)/gm, `${rig.token}x`)
        .replaceAll(/(?<=[\s=])T(?=[;\s]|$)/gm, rig.token)
        .replaceAll('HALF', rig.token.slice(0, 20));
      return sayRaw(rig.at, Buffer.from(filled, 'latin1'), row === undefined ? undefined : isEnoughOf(row));
    };

    beforeEach(async () => {
      rig = await serveHttp(twoServices, { over });
      await rig.boot();
    });

    it(`S-01, S-04, S-05, S-07, S-09, S-14: ${rows.length} of them, each answered as it should be, by one process that lives on`, async () => {
      const wrong: string[] = [];
      for (const row of rows) {
        const { status, headers } = await say(row.text, row);
        const expected = (over === 'socket' ? row.onSocket : undefined) ?? row.status;
        if (!expected.includes(status)) wrong.push(`${row.title}: ${status}, not ${expected.join(' or ')}`);
        if (Object.keys(headers).some((name) => name.startsWith('access-control-')))
          wrong.push(`${row.title}: lets another origin in`);
        if (status !== 0 && status !== 400 && headers['x-content-type-options'] !== 'nosniff')
          wrong.push(`${row.title}: nosniff is missing`);
        if ((await say(isThere)).status !== 200) wrong.push(`${row.title}: nobody answers after it`);
      }
      expect(wrong).to.deep.equal([]);
      expect(rows.length).to.be.at.least(120);
      expect(rig.problems).to.deep.equal([]);
      expect(rig.states()).to.deep.equal(['ready', 'ready']);
    });

    it('another method is told which the path takes, whatever it brings along', async () => {
      for (const method of ['PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
        const asked = `${method} /api/v1/stack HTTP/1.1\r\n${ours}\r\nAuthorization: Bearer T\r\nConnection: close\r\n\r\n`;
        const { status, headers } = await say(asked);
        expect([method, status, headers['allow']]).to.deep.equal([method, 405, 'GET, HEAD']);
      }
    });

    it('S-02: requests with random headers break nothing (FUZZ_ROUNDS=3334 for 100,000 of them)', async () => {
      const random = createRandom(20_261_129);
      const pieces = [
        'Host',
        'Origin',
        'http://',
        '127.0.0.1',
        ':',
        '[',
        ']',
        '%',
        '\xff',
        '\t',
        ' ',
        ',',
        ';',
        '@',
        '/',
        '..',
        'é',
        '\x7f',
        '=',
        '"',
        '{',
        'x'.repeat(300),
      ];
      const names = [
        'Host',
        'Origin',
        'Authorization',
        'Content-Type',
        'Sec-Fetch-Site',
        'Last-Event-ID',
        'Cookie',
        'Connection',
        'Expect',
        'Transfer-Encoding',
      ];
      const make = (): string => {
        const lines = Array.from({ length: 1 + random.below(4) }, () => {
          const value = Array.from({ length: random.below(6) }, () => random.pick(pieces)).join('');
          return `${random.pick(names)}: ${value}`;
        });
        return `${random.pick(['GET', 'POST', 'HEAD', 'OPTIONS'])} ${random.pick(['/', '/api/v1/stack', '/api/v1/session', '/x'])} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`;
      };
      for (let round = 0; round < Number(process.env.FUZZ_ROUNDS ?? 40); round += 1) {
        const answers = await Promise.all(
          Array.from({ length: 30 }, () => sayRaw(rig.at, Buffer.from(make(), 'latin1'), (text) => text.includes('\r\n\r\n'))),
        );
        for (const { status } of answers) expect(status).to.be.oneOf([0, 400, 401, 403, 404, 405, 415, 417, 431, 505]);
      }
      expect((await say(isThere)).status).to.equal(200);
      expect(rig.problems).to.deep.equal([]);
    });
  });
}
