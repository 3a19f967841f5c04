import { expect } from 'chai';
import { hideAll, isCommonplace, looksSecret, piecesOfSecret } from '../../lib/util/secrets.ts';

describe('secrets', () => {
  it('are known by the names of their variables; what a shell sets for itself is none', () => {
    for (const name of ['API_TOKEN', 'DB_PWD', 'dbPassword', 'STRIPE_KEY', 'DATABASE_URL'])
      expect(looksSecret(name), name).to.equal(true);
    for (const name of ['PWD', 'SSH_AUTH_SOCK', 'HOST', 'KEYBOARD']) expect(looksSecret(name), name).to.equal(false);
  });

  it('S-27: each line of one is a piece of it, as a key is printed line by line', () => {
    const key = '-----BEGIN KEY-----\r\n  MIIEvQIBADANBg\n==\n-----END KEY-----\n';
    expect(piecesOfSecret(key)).to.deep.equal(['-----BEGIN KEY-----', 'MIIEvQIBADANBg', '-----END KEY-----']);
    expect(piecesOfSecret('abcd')).to.deep.equal([]);
  });

  it('S-27: of an address the password alone, too, as it is written and as it is meant', () => {
    expect(piecesOfSecret('postgres://bob:hunter%403pw@db/x')).to.deep.equal([
      'postgres://bob:hunter%403pw@db/x',
      'hunter%403pw',
      'hunter@3pw',
    ]);
    expect(piecesOfSecret('amqp://u:100%pure@mq')).to.deep.equal(['amqp://u:100%pure@mq', '100%pure']);
    expect(piecesOfSecret('http://db:5432/x@y')).to.deep.equal(['http://db:5432/x@y']);
  });

  it('S-27: one that holds another, or overlaps with it, leaves nothing of itself, whichever is known first', () => {
    for (const secrets of [
      ['hunter2', 'hunter2-and-more', 're-than'],
      ['re-than', 'hunter2-and-more', 'hunter2'],
    ]) {
      expect(hideAll('say hunter2-and-more-than hunter2!', secrets)).to.equal('say *** ***!');
      expect(hideAll('hunter2hunter2', secrets)).to.equal('******');
      expect(hideAll('nothing', secrets)).to.equal('nothing');
    }
    expect(hideAll('abababa', ['aba', ''])).to.equal('***');
  });

  it('what every other project has protects nothing', () => {
    for (const value of ['localhost', '127.0.0.1', 'debug', 'Production', 'eu-west-1', 'http://localhost:3000/api'])
      expect(isCommonplace(value), value).to.equal(true);
    for (const value of [
      'hunter2',
      'correct-horse',
      'http://u:p@localhost/',
      'https://hooks.example.com/T0/B1',
      'http://localhost/aVeryLongPathThatMayBeAKey',
    ])
      expect(isCommonplace(value), value).to.equal(false);
  });
});
