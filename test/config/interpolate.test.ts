// oxlint-disable no-template-curly-in-string -- the variables are muster's.
import { expect } from 'chai';
import { interpolate } from '../../lib/config/interpolate.ts';
import { unmark } from '../../lib/domain/text.ts';

const env = { A: 'a', EMPTY: '', LOOP: '${LOOP}', DOLLAR: '$$' };
const fill = (source: string): string => unmark(interpolate(source, env).text);
const problems = (source: string): string[] => interpolate(source, env).problems.map(({ at, message }) => `${at}: ${message}`);

describe('variables in values', () => {
  it('fills in what is set', () => {
    expect(fill('x ${A} y ${A}')).to.equal('x a y a');
    expect(fill('${EMPTY}')).to.equal('');
  });

  it('takes the default where a variable is unset, or with a colon also where it is empty', () => {
    expect(['${NO:-d}', '${NO-d}', '${EMPTY:-d}', '${EMPTY-d}', '${NO:-}', '${A:-d}'].map(fill)).to.deep.equal([
      'd',
      'd',
      'd',
      '',
      '',
      'a',
    ]);
  });

  it('takes a default from another variable, one level deep', () => {
    expect(fill('${NO:-${A}}')).to.equal('a');
    expect(fill('${NO:-x${ALSO_NO:-y}z}')).to.equal('xyz');
    expect(problems('${NO:-${NO:-${NO:-x}}}')).to.deep.equal(['6: variables are nested more than one level deep']);
  });

  it('A17: never expands what a variable holds', () => {
    expect(fill('${LOOP}')).to.equal('${LOOP}');
    expect(fill('${DOLLAR}')).to.equal('$$');
  });

  it('leaves a bare $ and $VAR to the shell, and makes $$ one $', () => {
    expect(['$A', '$', 'a$', '^x$', '$(date)', '$$', '$${A}', '$$$$'].map(fill)).to.deep.equal([
      '$A',
      '$',
      'a$',
      '^x$',
      '$(date)',
      '$',
      '${A}',
      '$$',
    ]);
  });

  it('says what is missing, and where', () => {
    expect(problems('x ${NO}')).to.deep.equal(['2: variable "NO" is not set']);
    expect(problems('${NO:?say NO}')).to.deep.equal(['0: NO: say NO']);
    expect(problems('${EMPTY:?}')).to.deep.equal(['0: variable "EMPTY" is not set']);
    expect(problems('${EMPTY?}')).to.deep.equal([]);
    expect(problems('a ${A')).to.deep.equal(['2: "${" is never closed']);
    expect(problems('${toString}')).to.deep.equal(['0: variable "toString" is not set']);
  });

  it('refuses what only a shell can do', () => {
    for (const source of ['${A##*/}', '${A:+x}', '${#A}', '${}', '${1}']) expect(problems(source), source).to.have.lengthOf(1);
  });

  it('leaves addresses of services for later', () => {
    expect(fill('${api.url}/x ${my.api.port}')).to.equal('${api.url}/x ${my.api.port}');
    expect(interpolate('${api.url}/x ${my.api.port}', env).addresses).to.deep.equal([
      { at: 0, service: 'api', what: 'url' },
      { at: 13, service: 'my.api', what: 'port' },
    ]);
  });

  it('takes a hundred thousand open ones in its stride', () => {
    expect(problems('${A:-'.repeat(100_000))).to.have.lengthOf(1);
  });
});
