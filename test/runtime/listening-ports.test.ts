import { expect } from 'chai';
import { createListeningPorts } from '../../lib/runtime/sockets/listening-ports.ts';
import { parseSocketCounts } from '../../lib/runtime/sockets/socket-counts.ts';

/** A kernel whose tables cost a millisecond at their end and nothing before. */
const aKernel = () => {
  const kernel = {
    four: [22],
    six: [] as number[],
    connections: { 4: 0, 6: 0 },
    opening: 0,
    time: 0,
    lines: 0,
    ends: 0,
    tells: true,
  };
  const told: number[] = [];
  const look = createListeningPorts<{ port: number; inode: string }>({
    now: () => kernel.time,
    onNew: ({ port }) => void told.push(port),
    readCounts: () => {
      if (!kernel.tells) return null;
      const { four, six, connections, opening } = kernel;
      return {
        four: four.length + connections[4] + opening,
        six: six.length + connections[6],
        idle: four.length + six.length + opening,
      };
    },
    *readListeners(family) {
      for (const port of family === 4 ? kernel.four : kernel.six) {
        kernel.lines += 1;
        yield { port, inode: `${family} ${port}` };
      }
      kernel.ends += 1;
      kernel.time += 1;
    },
  });
  const see = (): number[] => {
    kernel.time += 2;
    return [...look()].sort((a, b) => a - b);
  };
  return { kernel, see, told };
};

describe('the ports that are listened on', () => {
  it('F143: a listener is seen without a walk to the end of the tables, in either family and wherever it stands', () => {
    const { kernel, see } = aKernel();
    expect(see()).to.deep.equal([22]);
    const ends = kernel.ends;
    kernel.six.push(3000);
    expect(see()).to.deep.equal([22, 3000]);
    kernel.four.unshift(80);
    expect(see()).to.deep.equal([22, 80, 3000]);
    kernel.six.unshift(3001);
    expect(see()).to.deep.equal([22, 80, 3000, 3001]);
    expect(kernel.ends).to.equal(ends);
  });

  it('F143: one that came is seen without a look at what stands behind it in the table', () => {
    const { kernel, see } = aKernel();
    kernel.four.push(80, 443);
    see();
    const read = kernel.lines;
    kernel.four.unshift(3000);
    expect(see()).to.deep.equal([22, 80, 443, 3000]);
    expect(kernel.lines - read).to.equal(1);
  });

  it('of those on their way up or down that end, no listener is thought to have gone', () => {
    const { kernel, see } = aKernel();
    kernel.opening = 2;
    see();
    const read = kernel.lines;
    kernel.opening = 1;
    expect(see()).to.deep.equal([22]);
    expect(kernel.lines).to.equal(read);
    kernel.opening = 0;
    kernel.six.push(3000);
    for (let at = 0; at < 100 && !see().includes(3000); at += 1) continue;
    expect(see()).to.deep.equal([22, 3000]);
  });

  it('F143: where the kernel knows of no socket of a family, its table is not read again', () => {
    const { kernel, see } = aKernel();
    see();
    const ends = kernel.ends;
    for (let at = 0; at < 20; at += 1) {
      kernel.opening = at % 2;
      see();
    }
    const readAgain = kernel.ends - ends;
    kernel.six.push(3000);
    see();
    for (let at = 0; at < 20; at += 1) {
      kernel.opening = at % 2;
      see();
    }
    expect(readAgain).to.be.below(kernel.ends - ends - readAgain);
  });

  it('one that came while a connection ended, which its family does not show, is seen all the same', () => {
    for (const family of [4, 6] as const) {
      const { kernel, see } = aKernel();
      kernel.connections[family] = 1;
      see();
      kernel.connections[family] = 0;
      (family === 4 ? kernel.four : kernel.six).push(3000);
      expect(see()).to.deep.equal([22, 3000]);
    }
  });

  it('each is told once, when it is new', () => {
    const { kernel, see, told } = aKernel();
    see();
    kernel.six.push(3000);
    see();
    kernel.four.unshift(80);
    see();
    see();
    expect(told).to.deep.equal([22, 3000, 80]);
  });

  it('one that was closed is gone at the next look', () => {
    const { kernel, see } = aKernel();
    kernel.four.push(80, 443);
    see();
    kernel.four.splice(1, 1);
    expect(see()).to.deep.equal([22, 443]);
  });

  it('connections that come and go are no reason to look', () => {
    const { kernel, see } = aKernel();
    see();
    const ends = kernel.ends;
    for (let at = 0; at < 100; at += 1) {
      kernel.connections[4] += at % 3 === 0 ? -1 : 1;
      expect(see()).to.deep.equal([22]);
    }
    expect(kernel.ends).to.equal(ends);
  });

  it('one that was opened while another was closed, which no count shows, is seen a little later', () => {
    const { kernel, see } = aKernel();
    see();
    kernel.four = [80];
    for (let at = 0; at < 100 && !see().includes(80); at += 1) continue;
    expect(see()).to.deep.equal([80]);
  });

  it('a connection that is being made may hide the end, and hides no listener', () => {
    const { kernel, see } = aKernel();
    see();
    kernel.opening = 1;
    kernel.six.push(3000);
    expect(see()).to.deep.equal([22, 3000]);
    kernel.opening = 0;
    see();
    kernel.four.push(80);
    expect(see()).to.deep.equal([22, 80, 3000]);
  });

  it('a kernel that does not count, or counts otherwise, is read to the end each time', () => {
    const { kernel, see } = aKernel();
    kernel.tells = false;
    see();
    kernel.four.push(80);
    expect(see()).to.deep.equal([22, 80]);

    const other = aKernel();
    other.kernel.opening = -1;
    other.see();
    other.kernel.six.push(3000);
    expect(other.see()).to.deep.equal([22, 3000]);
  });
});

describe('what the kernel counts', () => {
  const sockstat = 'sockets: used 23\nTCP: inuse 5 orphan 0 tw 7 alloc 5 mem 75\nUDP: inuse 0 mem 0\n';
  const sockstat6 = 'TCP6: inuse 3\nUDP6: inuse 0\n';
  const snmp = 'Ip: Forwarding\nIp: 1\nTcp: RtoAlgorithm MaxConn CurrEstab InSegs\nTcp: 1 -1 6 13404\n';

  it('all sockets of both families without the established connections', () => {
    expect(parseSocketCounts({ sockstat, sockstat6, snmp })).to.deep.equal({ four: 5, six: 3, idle: 2 });
    expect(parseSocketCounts({ sockstat, sockstat6: '', snmp })).to.deep.equal({ four: 5, six: 0, idle: -1 });
  });

  it('nothing where it does not tell', () => {
    expect(parseSocketCounts({ sockstat: '', sockstat6, snmp })).to.equal(null);
    expect(parseSocketCounts({ sockstat, sockstat6, snmp: '' })).to.equal(null);
    expect(parseSocketCounts({ sockstat, sockstat6, snmp: 'Tcp: A\nTcp: 1\n' })).to.equal(null);
  });
});
