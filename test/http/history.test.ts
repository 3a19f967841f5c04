import { expect } from 'chai';
import type { Stack } from '../../lib/domain/service.ts';
import { serveHttp } from '../support/http.ts';
import { aBoot, aRun } from '../support/runs.ts';
import { aService, aStack } from '../support/stacks.ts';

describe('what the HTTP API tells of the boots that are remembered', () => {
  it('is about the stack as it is now: a hint that was followed is gone, without a boot between', async () => {
    const runs = Array.from({ length: 10 }, (_, index) => aRun(index + 1, { api: aBoot(2010, { definitionHash: 'delayed' }) }));
    let stack: Stack = aStack([aService('api', { startupDelay: 2000, definitionHash: 'delayed' })]);
    const { get } = await serveHttp(stack, { sources: { stack: () => stack, history: () => ({ runs, folded: {} }) } });
    const hints = async () => (await get<{ hints: { code: string }[] }>('/api/v1/stats')).hints.map(({ code }) => code);
    expect(await hints()).to.deep.equal(['startup-delay-useless']);
    stack = aStack([aService('api', { startupDelay: 0 })]);
    expect(await hints()).to.deep.equal([]);
  });
});
