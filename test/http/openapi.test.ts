import { expect } from 'chai';
import { operations } from '../../lib/interfaces/control/operations.ts';
import { parseRequest } from '../../lib/interfaces/control/protocol.ts';
import { toOpenApi } from '../../lib/interfaces/http/openapi.ts';
import { problemCodes } from '../../lib/interfaces/http/problem.ts';
import { findRoute, routes } from '../../lib/interfaces/http/registry.ts';
import { readText } from '../house/project.ts';
import { aSession } from '../support/sessions.ts';
import { aService, aStack } from '../support/stacks.ts';

describe('the description of the API', () => {
  it('docs/openapi.json is what the routes say; node scripts/openapi.mjs writes it', () => {
    expect(JSON.parse(readText('docs/openapi.json'))).to.deep.equal(JSON.parse(JSON.stringify(toOpenApi(routes))));
  });

  it('docs/api.md has every route, every code of an error, and nothing else', () => {
    const page = readText('docs/api.md');
    const named = [...page.matchAll(/^\| `((?:GET|POST) \/\S+)` \|/gm)].map(([, name]) => name);
    expect(named).to.have.members(routes.map(({ method, path }) => `${method} ${path}`));
    for (const code of problemCodes) expect(page, code).to.contain(`\`${code}\``);
  });

  it('everything that can be asked for has its route, and a frame too where the command line asks for it', async () => {
    expect(Object.keys(operations)).to.have.members([...new Set(routes.map(({ operation }) => operation))]);
    const { control } = aSession(aStack([aService('db')]));
    for (const name of Object.keys(operations)) {
      const parsed = parseRequest(JSON.stringify({ id: 1, v: '0.0.0', method: name }));
      const isFrame = parsed.ok || parsed.error.code !== 'unknown-method';
      expect(isFrame, name).to.equal(name in control);
    }
    const { paths } = toOpenApi(routes) as { paths: Record<string, Record<string, { operationId: string }>> };
    const ids = Object.values(paths).flatMap((path) => Object.values(path).map(({ operationId }) => operationId));
    expect(new Set(ids).size).to.equal(routes.length);
  });

  it('finds each route by its own path, and by no other method', () => {
    for (const route of routes) {
      const path = route.path.replace(/\{\w+\}/, 'db');
      expect(findRoute(route.method, path), path).to.deep.include({ kind: 'route', route });
      expect(findRoute(route.method === 'GET' ? 'POST' : 'GET', path), path).to.have.property('kind', 'method');
    }
    expect(findRoute('GET', '/api/v1/services/a/b')).to.have.property('kind', 'nothing');
    expect(findRoute('GET', '/api/v1/services/')).to.have.property('kind', 'nothing');
  });
});
