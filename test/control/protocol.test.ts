import { expect } from 'chai';
import { createLineCutter } from '../../lib/interfaces/control/lines.ts';
import { parseRequest } from '../../lib/interfaces/control/protocol.ts';
import { aRandom } from '../support/runs.ts';

const request = (fields: Readonly<Record<string, unknown>>): string =>
  JSON.stringify({ id: 1, v: '1', method: 'snapshot', ...fields });

const errorOf = (line: string): string => {
  const parsed = parseRequest(line);
  return parsed.ok ? `understood: ${parsed.request.call.method}` : `${parsed.error.code}: ${parsed.error.message}`;
};

describe('the protocol of the control socket', () => {
  it('understands every method with its parameters, and none without', () => {
    const good: readonly (readonly [string, Record<string, unknown>])[] = [
      ['hello', {}],
      ['snapshot', {}],
      ['start', { names: ['a'] }],
      ['stop', { names: [], choice: 'refuse' }],
      ['restart', { names: ['a', 'b'] }],
      ['down', {}],
      ['hurry', { level: 2 }],
      ['why', { name: 'a' }],
      [
        'apply',
        {
          request: {
            file: '/p/services.yaml',
            environment: null,
            profiles: [],
            only: ['a'],
            noDeps: false,
            variables: { A: '1' },
          },
        },
      ],
      ['boot', {}],
      ['usage', {}],
      ['agree', { holders: [{ port: 80, process: { pid: 7, startTime: '1', bootId: 'x' } }] }],
      ['cancel', { stream: 4 }],
    ];
    for (const [method, params] of good) {
      expect(parseRequest(request({ method, params })), method).to.deep.equal({
        ok: true,
        request: { id: 1, v: '1', call: { method, ...params } },
      });
      if (Object.keys(params).length > 0) expect(errorOf(request({ method })), method).to.match(/^bad-params/);
    }
  });

  it('S-08: opens the dashboard where it is usual, or at an address and a port; at nothing else', () => {
    const parse = (params: Record<string, unknown>) => parseRequest(request({ method: 'dashboard', params }));
    const usual = parse({});
    expect(usual.ok && usual.request.call).to.deep.equal({
      method: 'dashboard',
      request: { host: null, port: null, expose: false },
    });
    const there = parse({ host: '10.0.0.1', port: 4_400, expose: true });
    expect(there.ok && there.request.call).to.deep.equal({
      method: 'dashboard',
      request: { host: '10.0.0.1', port: 4_400, expose: true },
    });
    for (const params of [
      { host: 1 },
      { port: '80' },
      { port: 0 },
      { port: 65_536 },
      { port: 1.5 },
      { expose: 'yes' },
      { command: 'x' },
    ])
      expect(errorOf(request({ method: 'dashboard', params })), JSON.stringify(params)).to.match(/^bad-params/);
  });

  it('understands events from now on, or from the start of the boot', () => {
    const calls = [{}, { fromStart: true }].map((params) => parseRequest(request({ method: 'events', params })));
    expect(calls.map((parsed) => parsed.ok && parsed.request.call)).to.deep.equal([
      { method: 'events', fromStart: false },
      { method: 'events', fromStart: true },
    ]);
    expect(errorOf(request({ method: 'events', params: { fromStart: 1 } }))).to.match(/^bad-params: "fromStart"/);
  });

  it('takes nothing for somebody who was agreed upon but a whole process at its port', () => {
    const whole = { port: 80, process: { pid: 7, startTime: '1', bootId: 'x' } };
    for (const holders of [
      null,
      {},
      [1],
      [{ ...whole, process: null }],
      [{ ...whole, port: 0 }],
      [whole, {}],
      [{ __proto__: whole }],
    ])
      expect(errorOf(request({ method: 'agree', params: { holders } }))).to.match(/^bad-params: "holders"/);
  });

  it('takes nothing for the file of a stack that is not wholly said', () => {
    const whole = { file: '/p', environment: 'test', profiles: [], only: [], noDeps: true, variables: {} };
    for (const change of [
      { file: 1 },
      { environment: 2 },
      { profiles: 'x' },
      { only: [1] },
      { noDeps: 'no' },
      { variables: { A: 1 } },
    ])
      expect(errorOf(request({ method: 'apply', params: { request: { ...whole, ...change } } }))).to.match(
        /^bad-params: "request"/,
      );
  });

  it('says what is wrong with a request', () => {
    expect(errorOf('garbage')).to.equal('bad-request: a request is one JSON object on one line');
    for (const other of ['1', 'null', '[]', '"x"']) expect(errorOf(other)).to.match(/^bad-request/);
    for (const id of [-1, 1.5, '1', null, 2 ** 60]) expect(errorOf(request({ id }))).to.match(/^bad-request: "id"/);
    expect(errorOf(request({ v: 1 }))).to.match(/^bad-request: "v"/);
    expect(errorOf(request({ method: 7 }))).to.match(/^bad-request: "method"/);
    expect(errorOf(request({ params: [] }))).to.match(/^bad-params/);
    expect(errorOf(request({ more: 1 }))).to.equal('bad-request: there is no "more" here');
    expect(errorOf(request({ method: 'snapshot', params: { names: [] } }))).to.equal('bad-params: there is no "names" here');
    expect(errorOf(request({ method: 'start', params: { names: 'a' } }))).to.match(/^bad-params: "names"/);
    expect(errorOf(request({ method: 'start', params: { names: [''] } }))).to.match(/^bad-params: "names"/);
    expect(errorOf(request({ method: 'start', params: { names: ['x'.repeat(300)] } }))).to.match(/^bad-params: "names"/);
    expect(errorOf(request({ method: 'stop', params: { names: [], choice: 'all' } }))).to.match(/^bad-params: "choice"/);
    expect(errorOf(request({ method: 'hurry', params: { level: 3 } }))).to.match(/^bad-params: "level"/);
  });

  it('S-18: no method, key or parameter reaches into an object', () => {
    for (const method of [
      '__proto__',
      'constructor',
      'constructor.call',
      'toString',
      'snapshot.call',
      'session.stopAll',
      'SNAPSHOT',
      '',
    ]) {
      expect(errorOf(request({ method })), method).to.equal(`unknown-method: there is no method ${JSON.stringify(method)}`);
    }
    expect(errorOf('{"id":1,"v":"1","method":"snapshot","__proto__":{"x":1}}')).to.equal(
      'bad-request: there is no "__proto__" here',
    );
    expect(errorOf('{"id":1,"v":"1","method":"snapshot","params":{"__proto__":{}}}')).to.equal(
      'bad-params: there is no "__proto__" here',
    );
    // What is inherited does not count as said.
    expect(errorOf('{"__proto__":{"id":1,"v":"1","method":"snapshot"}}')).to.match(/^bad-request: "id"/);
    expect(errorOf('{"id":1,"v":"1","method":"why","params":{"__proto__":{"name":"a"}}}')).to.match(/^bad-params/);
    expect(({} as { x?: number }).x).to.equal(undefined);
  });

  it('S-18: whatever bytes come, the answer is a call of the table or an error', () => {
    const seed = 20_260_727;
    const random = aRandom(seed);
    const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
    const parts = [
      '{',
      '}',
      '[',
      ']',
      ':',
      ',',
      '"id"',
      '"v"',
      '"method"',
      '"params"',
      '"__proto__"',
      '1',
      '-0',
      '1e999',
      'null',
      '"stop"',
      '"names"',
      '\\u0000',
      '"',
      ' ',
    ];
    const base = request({ method: 'stop', params: { names: ['a'], choice: 'force' } });
    for (let round = 0; round < 50_000; round += 1) {
      const at = Math.floor(random() * base.length);
      const line =
        random() < 0.5
          ? base.slice(0, at) + pick(parts) + base.slice(at + Math.floor(random() * 4))
          : Array.from({ length: 1 + Math.floor(random() * 12) }, () => pick(parts)).join('');
      const parsed = parseRequest(line);
      const isKnown = parsed.ok ? parsed.request.call.method === 'stop' : typeof parsed.error.message === 'string';
      expect(isKnown, `seed ${seed}: ${line}`).to.equal(true);
    }
  });

  it('a very deep request is refused like any other garbage', () => {
    expect(errorOf('['.repeat(1_000_000))).to.match(/^bad-request/);
    expect(errorOf(request({ params: null }).replace('null', '{"a":'.repeat(50_000) + '1' + '}'.repeat(50_000)))).to.match(
      /^bad-params/,
    );
  });
});

describe('lines from a stream of bytes', () => {
  const cut = (pieces: readonly (string | Buffer)[], longest = 100): { lines: string[]; isWhole: boolean } => {
    const lines: string[] = [];
    const cutter = createLineCutter(longest, (line) => lines.push(line));
    return { isWhole: pieces.every((piece) => cutter.add(Buffer.from(piece))), lines };
  };

  it('are the same, however the bytes come in, and empty ones are none', () => {
    const text = 'a\n\n{"b": "ü"}\r\n  \nc\n';
    const whole = cut([text]);
    expect(whole.lines).to.deep.equal(['a', '{"b": "ü"}\r', 'c']);
    expect(cut([...Buffer.from(text)].map((byte) => Buffer.from([byte]))).lines).to.deep.equal(whole.lines);
  });

  it('end where one is longer than the limit', () => {
    expect(cut(['x'.repeat(100), '\n'])).to.deep.include({ isWhole: true });
    expect(cut(['short\n', 'x'.repeat(60), 'x'.repeat(41)])).to.deep.equal({ lines: ['short'], isWhole: false });
    expect(cut([`${'x'.repeat(101)}\nmore\n`])).to.deep.equal({ lines: [], isWhole: false });
  });
});
