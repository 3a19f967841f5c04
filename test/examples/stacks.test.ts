import path from 'node:path';
import { expect } from 'chai';
import { loadStack } from '../../lib/config/load.ts';
import type { Diagnostic } from '../../lib/domain/diagnostic.ts';
import type { Stack } from '../../lib/domain/service.ts';
import { root } from '../house/project.ts';

type Result = { readonly stack: Stack; readonly diagnostics: readonly Diagnostic[] };

const load = async (file: string, env: Readonly<Record<string, string>> = {}): Promise<Result> => {
  const { stack, diagnostics } = await loadStack({
    file,
    cwd: root,
    // Node is there; mailpit is not, wherever else this machine may have it.
    env: { PATH: path.dirname(process.execPath), ...env },
    environment: 'development',
    profiles: [],
    only: [],
  });
  if (stack === null) throw new Error(diagnostics.map(({ line, message }) => `${line}: ${message}`).join('\n'));
  return { stack, diagnostics };
};

describe('the example stacks', () => {
  it('services.yaml is without a mistake; the one warning is the optional program that is not installed', async () => {
    const { stack, diagnostics } = await load('services.yaml');
    expect(diagnostics.map(({ severity, code, message }) => ({ severity, code, names: /mail/.test(message) }))).to.deep.equal([
      { severity: 'warning', code: 'command-missing', names: true },
    ]);
    expect([...stack.services.keys()]).to.have.members([
      'store',
      'migrate',
      'api',
      'search',
      'images',
      'worker',
      'scheduler',
      'front',
      'mail',
    ]);
  });

  it('services.yaml takes its ports from the environment, and moves on where one is busy', async () => {
    const { stack } = await load('services.yaml', { PORT_FRONT: '4999' });
    expect(stack.services.get('front')?.ports).to.deep.equal([{ name: null, wanted: 4999 }]);
    const fixed = [...stack.services.values()].filter(({ portConflict }) => portConflict !== 'next').map(({ name }) => name);
    expect(fixed).to.deep.equal(['mail']);
  });

  it('services.yaml shows every kind of readiness that needs no extra program', async () => {
    const { stack } = await load('services.yaml');
    const kinds = [...stack.services.values()].map(({ ready }) => ready?.check.kind ?? 'none');
    expect(new Set(kinds)).to.deep.equal(new Set(['tcp', 'http', 'log', 'notify', 'none']));
    expect(stack.services.get('migrate')?.type).to.equal('task');
    expect([...stack.services.values()].filter(({ optional }) => optional).map(({ name }) => name)).to.deep.equal(['mail']);
  });

  it('examples/minimal has nothing to be told about', async () => {
    const { stack, diagnostics } = await load('examples/minimal/services.yaml');
    expect(diagnostics).to.deep.equal([]);
    expect([...stack.services.keys()]).to.deep.equal(['greeter', 'visitor']);
  });
});
