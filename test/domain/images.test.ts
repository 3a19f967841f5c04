import { expect } from 'chai';
import { parseDockerIgnore } from '../../lib/domain/images/docker-ignore.ts';
import { isLocalRegistry, toPlace, toRepository } from '../../lib/domain/images/repository.ts';
import { toStarterDockerfile } from '../../lib/domain/images/starter.ts';

describe('where a built image goes', () => {
  const where = (image: string | null, registry: string | null) =>
    toRepository({ image, registry, stack: 'My Shop', service: 'Web_API' });

  it('the file says it; a registry of the command line is for what has none', () => {
    expect(where('registry.example.com:5000/team/web:1', null)).to.equal('registry.example.com:5000/team/web');
    expect(where(`ghcr.io/me/web@sha256:${'0'.repeat(64)}`, 'other:5000')).to.equal('ghcr.io/me/web');
    expect(where('web:1', 'https://localhost:5000/')).to.equal('localhost:5000/web');
    expect(where('me/web', null)).to.equal('me/web');
    expect(where(null, 'localhost:5000/team')).to.equal('localhost:5000/team/my-shop-web-api');
    expect(where('web', null)).to.equal(null);
    expect(where(null, null)).to.equal(null);
  });

  it('Docker Hub has another host for its API, and one of this machine needs no TLS', () => {
    expect(toPlace('me/web')).to.deep.equal({ host: 'registry-1.docker.io', name: 'me/web' });
    expect(toPlace('docker.io/web')).to.deep.equal({ host: 'registry-1.docker.io', name: 'library/web' });
    expect(toPlace('localhost:5000/a/b')).to.deep.equal({ host: 'localhost:5000', name: 'a/b' });
    expect(['localhost:5000/a', '127.0.0.1:5000/a', '[::1]:80/a'].map(isLocalRegistry)).to.deep.equal([true, true, true]);
    expect(['localhost.example.com/a', 'me/web', '10.0.0.1:5000/a'].map(isLocalRegistry)).to.deep.equal([false, false, false]);
  });
});

describe('.dockerignore', () => {
  const cases: readonly (readonly [pattern: string, out: readonly string[], kept: readonly string[]])[] = [
    ['node_modules', ['node_modules', 'node_modules/a/b'], ['src/node_modules', 'node_modules2']],
    ['/dist/', ['dist', 'dist/a'], ['a/dist']],
    ['*.md', ['a.md'], ['docs/a.md', 'a.mdx']],
    ['**/*.md', ['a.md', 'docs/x/a.md'], ['a.mdx']],
    ['*/temp*', ['a/temp', 'a/temporary/b'], ['temp', 'a/b/temp']],
    ['a?c', ['abc'], ['ac', 'a/c']],
    ['a[b-d]c', ['abc', 'adc'], ['aec']],
    ['docs/**', ['docs/a', 'docs/a/b'], ['docs2/a']],
    ['a.b(c)+{d}', ['a.b(c)+{d}'], ['aab(c)+{d}']],
    ['*\n!keep.txt', ['a', 'b/c'], ['keep.txt']],
    ['*.md\n!README*.md\nREADME-secret.md', ['a.md', 'README-secret.md'], ['README.md', 'README-x.md']],
    ['# comment\n\n  \n', [], ['# comment', 'a']],
    ['a\\*b', ['a*b'], ['axb']],
  ];
  for (const [pattern, out, kept] of cases)
    it(`${JSON.stringify(pattern)} leaves out what Docker leaves out`, () => {
      const { leavesOut } = parseDockerIgnore(pattern);
      expect(out.filter((path) => !leavesOut(path))).to.deep.equal([]);
      expect(kept.filter(leavesOut)).to.deep.equal([]);
    });

  it('a folder is not looked into, unless an exception may bring something of it back', () => {
    expect(parseDockerIgnore('node_modules').leavesOutWhole('node_modules')).to.equal(true);
    expect(parseDockerIgnore('node_modules\n!node_modules/keep').leavesOutWhole('node_modules')).to.equal(false);
  });
});

describe('a Dockerfile to begin with', () => {
  const service = { command: { kind: 'direct', program: 'node', args: ['server.js', 'a "b"'] }, ports: [] } as const;

  it('knows the files that are there, the command and the port, and leaves the decision to a person', () => {
    const ports = [{ name: null, wanted: 3000 }];
    const text = toStarterDockerfile({ service: { ...service, ports }, files: ['package.json', 'package-lock.json'] });
    expect(text)
      .to.match(/^# DECIDE: /m)
      .and.match(/^FROM node:/m)
      .and.include('RUN npm ci\nCOPY . .\n')
      .and.include('EXPOSE 3000\n')
      .and.match(/^CMD \["node", "server.js", "a \\"b\\""\]\n$/m);
    expect(toStarterDockerfile({ service, files: ['requirements.txt'] })).to.match(/^FROM python:/m);
  });

  it('guesses no image where nothing says what it is, and no command that depends on others', () => {
    const command = { kind: 'shell', line: ['echo ', { service: 'db', what: 'host' }] } as const;
    const text = toStarterDockerfile({ service: { command, ports: [] }, files: ['main.c'] });
    expect(text)
      .to.match(/^FROM debian:/m)
      .and.not.match(/^CMD/m);
  });
});
