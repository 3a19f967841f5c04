import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';

export const fakeDigest = `sha256:${'ab'.repeat(32)}`;

/**
 * A folder for PATH with only what muster needs on a cluster, and builders that write down how they were called: `calls` has a line
 * a call, and `pushed` the images that were pushed. A file `fails` with a word in it makes that subcommand fail.
 */
export const createFakeBuilders = (folder: string, names: readonly string[]) => {
  const bin = path.join(folder, 'bin');
  mkdirSync(bin, { recursive: true });
  for (const name of ['kubectl', 'cat', 'rm', 'sh']) {
    const found = spawnSync('/bin/sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).stdout.trim();
    if (found !== '') symlinkSync(found, path.join(bin, name));
  }
  for (const name of names) {
    const script = `#!/bin/sh
echo "${name} $*" >> '${folder}/calls'
read -r fails 2>/dev/null < '${folder}/fails'
if [ "$1" = "$fails" ]; then echo "step 1 of 2"; echo "ERROR: no space left on device" >&2; exit 17; fi
if [ "$1" = build ]; then echo "$VERSION" >> '${folder}/versions'; fi
if [ "$1" != push ]; then exit 0; fi
for last; do :; done
echo "$last" >> '${folder}/pushed'
file=
while [ $# -gt 0 ]; do if [ "$1" = --digestfile ]; then file=$2; fi; shift; done
if [ -n "$file" ]; then printf %s ${fakeDigest} > "$file"; else echo "1: digest: ${fakeDigest} size: 1"; fi
`;
    writeFileSync(path.join(bin, name), script, { mode: 0o755 });
  }
  const linesOf = (file: string): readonly string[] =>
    existsSync(path.join(folder, file)) ? readFileSync(path.join(folder, file), 'utf8').split('\n').slice(0, -1) : [];
  return { bin, linesOf };
};

/** A registry that has what was pushed. `asked` are the authorizations that it was given. */
export const startFakeRegistry = async (has: (image: string) => boolean, token: string | null = null) => {
  const asked: string[] = [];
  const server = createServer(({ method, url = '', headers }, response) => {
    const { port } = server.address() as AddressInfo;
    const [, name, tag] = /^\/v2\/(.*)\/manifests\/(.*)$/.exec(url) ?? [];
    asked.push(headers.authorization ?? '');
    if (url.startsWith('/token')) {
      response.end(JSON.stringify({ token: token ?? '' }));
      return;
    }
    if (token !== null && headers.authorization !== `Bearer ${token}`) {
      const realm = `Bearer realm="http://127.0.0.1:${port}/token",service="here"`;
      response.writeHead(401, { 'www-authenticate': realm }).end();
      return;
    }
    const isThere = method === 'HEAD' && has(`127.0.0.1:${port}/${name}:${tag}`);
    response.writeHead(isThere ? 200 : 404, isThere ? { 'docker-content-digest': fakeDigest } : {}).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
