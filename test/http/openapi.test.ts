import { expect } from 'chai';
import { toOpenApi } from '../../lib/interfaces/http/openapi.ts';
import { problemCodes } from '../../lib/interfaces/http/problem.ts';
import { findRoute, routes } from '../../lib/interfaces/http/registry.ts';
import { readText } from '../house/project.ts';

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
