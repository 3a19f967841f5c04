import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { loadStack } from '../../lib/config/load.ts';
import type { Stack } from '../../lib/domain/service.ts';
import { type Definitions, type StackFields, toText } from '../../lib/interfaces/library/definition.ts';
import { root } from '../house/project.ts';

/** Numbers whose spelling counts (`1.10`) are text in a program. */
const isSpelt = (text: string): boolean => /\b0\d|\d\.\d*0\b/.test(text);

const golden = path.join(root, 'test/golden');
const folders = [
  ...readdirSync(golden).map((name) => path.join(golden, name)),
  ...['.', 'examples/minimal', 'examples/node-servers', 'examples/daemon', 'examples/python', 'examples/fastapi-servers'].map(
    (name) => path.join(root, name),
  ),
].filter((folder) => existsSync(path.join(folder, 'services.yaml')));

const load = async (cwd: string, text?: string): Promise<Stack | null> => {
  const env = { PATH: path.dirname(process.execPath), HOME: '/nowhere' };
  const { stack } = await loadStack({
    ...{ file: 'services.yaml', cwd, env, environment: 'production', profiles: [], only: [], checkSystem: false },
    ...(text === undefined ? {} : { text }),
  });
  return stack;
};

/** Everything that a supervisor acts on. */
const modelOf = (stack: Stack | null): unknown =>
  JSON.parse(JSON.stringify({ ...stack, services: [...(stack?.services.values() ?? [])] }));

describe('a stack that a program defines', function () {
  it('is the one that the same fields in a file would be, for every stack file of the tests and examples', async () => {
    let compared = 0;
    for (const folder of folders) {
      const stack = await load(folder);
      const written = readFileSync(path.join(folder, 'services.yaml'), 'utf8');
      if (stack === null || isSpelt(written)) continue;
      const { services = {}, ...fields } = parse(written, {
        merge: true,
      }) as StackFields & {
        readonly services?: Readonly<Record<string, Definitions[number][1]>>;
      };
      const text = toText(fields, Object.entries(services));
      expect(modelOf(await load(folder, text)), `${path.basename(folder)}\n${text}`).to.deep.equal(modelOf(stack));
      compared += 1;
    }
    expect(compared).to.be.greaterThan(40);
  });
});
