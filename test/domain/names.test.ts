import { expect } from 'chai';
import { toLabels, toSelector, toStackLabels, workloadOf } from '../../lib/domain/kubernetes/labels.ts';
import { findWorkload } from '../../lib/domain/kubernetes/text.ts';
import { errorLogOf, logFilesOf } from '../../lib/domain/log-files.ts';
import { toPortVariables } from '../../lib/domain/port-variables.ts';
import { aService } from '../support/stacks.ts';

describe('names that are made of others', () => {
  it('the first port is PORT, and each with a name has its own variable; one that is not known yet has none', () => {
    const ports = [
      { name: 'web-ui', port: 3000 },
      { name: null, port: 3001 },
      { name: 'b', port: null },
    ];
    expect(toPortVariables(ports)).to.deep.equal({ PORT: '3000', PORT_WEB_UI: '3000' });
    expect(toPortVariables([{ name: null, port: null }, ...ports])).to.deep.equal({ PORT_WEB_UI: '3000' });
  });

  it('a log of stderr lies beside that of stdout', () => {
    expect([errorLogOf('/logs/api.log'), errorLogOf('/logs/api')]).to.deep.equal(['/logs/api.err.log', '/logs/api.err.log']);
    const { log } = aService('api');
    expect(logFilesOf({ log })).to.deep.equal(['/logs/api.log']);
    expect(logFilesOf({ log: { ...log, split: true } })).to.deep.equal(['/logs/api.log', '/logs/api.err.log']);
  });

  it('an object of a workload carries what the stack is found by and what its pods are chosen by', () => {
    const labels = toLabels({ objectName: 'web' }, 'my shop');
    expect(labels)
      .to.include(toStackLabels('my shop'))
      .and.include(toSelector({ objectName: 'web' }, 'my shop'));
    expect(workloadOf({ metadata: { labels } })).to.equal('web');
    expect(workloadOf({})).to.equal(undefined);
  });

  it('an instance is of the workload whose name comes before its number, unless there is one of its own name', () => {
    const known = new Map(['api', 'api-1', 'web'].map((name) => [name, name]));
    const found = ['api', 'api-1', 'api-2', 'api-1-2', 'web-x', 'web-', 'other-1'].map((name) => findWorkload(name, known));
    expect(found).to.deep.equal(['api', 'api-1', 'api', 'api-1', undefined, undefined, undefined]);
  });
});
