import { expect } from 'chai';
import { rowsOver } from '../http/request-rows.ts';
import { listFiles, readText } from './project.ts';

/** The threats that the model names: S-01 to S-37. */
const ids = Array.from({ length: 37 }, (_, index) => `S-${String(index + 1).padStart(2, '0')}`);

type Row = { readonly id: string; readonly threat: string; readonly proof: string };

const rows = (): readonly Row[] =>
  [...readText('SECURITY.md').matchAll(/^\| (S-\d\d) \| (.+) \| (.+) \|$/gm)].map(([, id = '', threat = '', proof = '']) => ({
    id,
    threat,
    proof,
  }));

const hasTest = (file: string, id: string): boolean =>
  listFiles().includes(file) &&
  readText(file)
    .split('\n')
    .some((line) => /\bit\(/.test(line) && new RegExp(`\\b${id}\\b`).test(line));

describe('SECURITY.md', () => {
  it('names every threat once, each with a test that carries its id, or with the reason why there is none', () => {
    expect(rows().map(({ id }) => id)).to.deep.equal(ids);
    for (const { id, proof } of rows()) {
      const file = /^\[(test\/[^\]]+)\]\(\1\)$/.exec(proof)?.[1];
      if (file === undefined) expect(proof, id).to.match(/^not tested: \w.{20,}/);
      else expect(hasTest(file, id), `${file} has a test of ${id}`).to.equal(true);
    }
  });

  it('counts the requests that the tests make', () => {
    const [, port, socket] =
      /(\d+) requests to the dashboard and (\d+) to the control socket/.exec(readText('SECURITY.md')) ?? [];
    expect([Number(port), Number(socket)]).to.deep.equal([rowsOver.port.length, rowsOver.socket.length]);
  });
});
