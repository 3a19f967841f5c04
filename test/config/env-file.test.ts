import { expect } from 'chai';
import { parseEnvFile } from '../../lib/config/env-file.ts';

const read = (...lines: string[]): Record<string, string> => Object.fromEntries(parseEnvFile(lines.join('\n')).entries);

describe('env files', () => {
  it('are read as dotenv tools read them', () => {
    expect(
      read(
        '# comment',
        '',
        'A=1',
        'export B = two words ',
        "C='single $X \\n'",
        'D="line\\nnext \\"q\\""',
        'E=',
        'F=a#b',
        'G=a # b',
        'H="x" # y',
        'I=a=b',
      ),
    ).to.deep.equal({
      A: '1',
      B: 'two words',
      C: 'single $X \\n',
      D: 'line\nnext "q"',
      E: '',
      F: 'a#b',
      G: 'a',
      H: 'x',
      I: 'a=b',
    });
  });

  it('may have values over several lines, CRLF and a byte-order mark', () => {
    expect(read('\ufeffKEY="-----BEGIN', 'abc', 'END-----"\r', "X='a", "b'", 'Z=1\r')).to.deep.equal({
      KEY: '-----BEGIN\nabc\nEND-----',
      X: 'a\nb',
      Z: '1',
    });
  });

  it('never say a value when they say what is wrong', () => {
    const { entries, problems } = parseEnvFile('hunter2\n 9X=hunter2\nA="hunter2\nB=1\n');
    expect(problems.map(({ line, column, message }) => `${line}:${column}: ${message}`)).to.deep.equal([
      '1:1: line is not NAME=value',
      '2:2: name has characters outside A-Za-z0-9_',
      '3:3: quote is never closed',
    ]);
    expect(entries).to.deep.equal([['B', '1']]);
    expect(JSON.stringify(problems)).to.not.include('hunter2');
  });
});
