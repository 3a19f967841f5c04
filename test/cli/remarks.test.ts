import { expect } from 'chai';
import { toRemarkLines } from '../../lib/interfaces/cli/render/remarks.ts';

describe('remarks about services', () => {
  it('what is said of several is one line with their names; of the whole stack, one without', () => {
    expect(
      toRemarkLines([
        { service: 'db', text: 'listens on 127.0.0.1' },
        { service: null, text: 'all of it' },
        { service: 'api', text: 'listens on 127.0.0.1' },
        { service: 'api', text: 'listens on 127.0.0.1' },
        { service: 'api', text: 'its folder' },
      ]),
    ).to.deep.equal(['db, api: listens on 127.0.0.1', 'all of it', 'api: its folder']);
    expect(toRemarkLines([])).to.deep.equal([]);
  });
});
