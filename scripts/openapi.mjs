// Writes docs/openapi.json from the routes: `node scripts/openapi.mjs`. test/http/openapi.test.ts holds the one to the other.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { tsImport } from 'tsx/esm/api';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const { routes } = await tsImport('../lib/interfaces/http/registry.ts', import.meta.url);
const { toOpenApi } = await tsImport('../lib/interfaces/http/openapi.ts', import.meta.url);
writeFileSync(path.join(root, 'docs/openapi.json'), `${JSON.stringify(toOpenApi(routes), null, 2)}\n`);
