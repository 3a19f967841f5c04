import { expect } from 'chai';
import type { StackEvent } from '../../lib/index.ts';
import { createEvents } from '../../lib/interfaces/library/events.ts';

const notice = (message: string): StackEvent => ({ type: 'notice', at: 0, service: null, message });
const stopping: StackEvent = { type: 'stackStopping', at: 0, times: 1 };

const messagesOf = async (events: AsyncIterable<StackEvent>): Promise<string[]> => {
  const told: string[] = [];
  for await (const event of events) {
    told.push(event.type === 'notice' ? event.message : event.type === 'eventsDropped' ? `${event.count} dropped` : event.type);
  }
  return told;
};

describe('the events of a stack', () => {
  it('come to the listeners of their kind, to those of all kinds, and once to those who want one', () => {
    const events = createEvents(() => 0);
    const told: string[] = [];
    events.on('notice', ({ message }) => told.push(`on ${message}`));
    events.once('notice', ({ message }) => told.push(`once ${message}`));
    events.on('*', ({ type }) => told.push(`any ${type}`));
    for (const event of [notice('a'), stopping, notice('b')]) events.emit(event);
    expect(told).to.deep.equal(['on a', 'once a', 'any notice', 'any stackStopping', 'on b', 'any notice']);
  });

  it('come no more to who has said so, by either way', () => {
    const events = createEvents(() => 0);
    const told: string[] = [];
    const listener = ({ type }: StackEvent): void => void told.push(type);
    const leave = events.on('notice', listener);
    events.emit(notice('a'));
    leave();
    events.on('notice', listener);
    events.off('notice', listener);
    events.emit(notice('b'));
    expect(told).to.deep.equal(['notice']);
  });

  it('come to all listeners when one of them throws, and the program learns of that', async () => {
    const events = createEvents(() => 0);
    const told: string[] = [];
    const [listeners] = [process.listeners('uncaughtException')];
    process.removeAllListeners('uncaughtException');
    const thrown = new Promise((resolve) => process.once('uncaughtException', resolve));
    try {
      events.on('notice', () => {
        throw new Error('a bug of the program');
      });
      events.on('notice', ({ message }) => told.push(message));
      events.emit(notice('a'));
      expect(told).to.deep.equal(['a']);
      expect(String(await thrown)).to.equal('Error: a bug of the program');
    } finally {
      for (const listener of listeners) process.on('uncaughtException', listener);
    }
  });

  it('can be iterated over, by each reader from when it began, until the close; what waits is still given', async () => {
    const events = createEvents(() => 0);
    const first = events.events();
    events.emit(notice('a'));
    const second = events.events();
    events.emit(notice('b'));
    events.close();
    events.emit(notice('c'));
    expect(await messagesOf(first)).to.deep.equal(['a', 'b']);
    expect(await messagesOf(second)).to.deep.equal(['b']);
    expect(await messagesOf(events.events())).to.deep.equal([]);
  });

  it('come to a reader who waits, in order, also when he asks for several at once', async () => {
    const events = createEvents(() => 0);
    const reader = events.events();
    const asked = [reader.next(), reader.next()];
    events.emit(notice('a'));
    events.emit(notice('b'));
    expect(await Promise.all(asked)).to.deep.equal([
      { done: false, value: notice('a') },
      { done: false, value: notice('b') },
    ]);
    const waiting = reader.next();
    events.close();
    expect(await waiting).to.deep.equal({ done: true, value: undefined });
  });

  it('end for a reader who has had enough, or whose signal aborts', async () => {
    const events = createEvents(() => 0);
    const controller = new AbortController();
    const reading = messagesOf(events.events({ signal: controller.signal }));
    const leaving = (async () => {
      for await (const event of events.events()) return event.type;
      return 'none';
    })();
    events.emit(notice('a'));
    expect(await leaving).to.equal('notice');
    controller.abort();
    events.emit(notice('b'));
    expect(await reading).to.deep.equal(['a']);
    expect(await messagesOf(events.events({ signal: controller.signal }))).to.deep.equal([]);
  });

  it('do not pile up for a slow reader: the oldest give way, and he is told how many', async () => {
    const events = createEvents(() => 0);
    const reader = events.events({ limit: 2 });
    for (const message of ['a', 'b', 'c', 'd', 'e']) events.emit(notice(message));
    events.close();
    expect(await messagesOf(reader)).to.deep.equal(['3 dropped', 'd', 'e']);
  });
});
