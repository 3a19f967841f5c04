import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { followBytes, followFile } from '../../lib/runtime/logs/follow.ts';
import { hearOf } from '../../lib/runtime/logs/hearers.ts';
import { longestLine } from '../../lib/runtime/logs/line-splitter.ts';
import type { Follower, LogLine } from '../../lib/runtime/logs.ts';
import { createFolder, numbersOf, startWriter, type Writer } from '../support/log-files.ts';
import { until } from '../support/procs.ts';
import { makeAgain } from '../support/same-number.ts';

type Followed = { readonly texts: string[]; readonly follower: Follower; until(text: string): Promise<void> };

describe('following a log', () => {
  let folder: ReturnType<typeof createFolder>;
  let log: string;
  let followers: Follower[];
  let writer: Writer | null;

  beforeEach(() => {
    folder = createFolder();
    log = path.join(folder.path, 'web.log');
    followers = [];
    writer = null;
  });
  afterEach(async () => {
    for (const follower of followers) follower.stop();
    writer?.child.kill('SIGKILL');
    await writer?.done;
    folder.remove();
  });

  const follow = (file = log, from: number | 'end' = 0): Followed => {
    const texts: string[] = [];
    let look: () => void = () => {};
    const onLines = (lines: readonly LogLine[]): void => {
      texts.push(...lines.map(({ text }) => text));
      look();
    };
    const follower = followFile({ path: file, stream: 'stdout', from, onLines });
    followers.push(follower);
    const until = (text: string): Promise<void> =>
      new Promise((settle) => {
        look = () => {
          if (texts.includes(text)) settle();
        };
        look();
      });
    return { texts, follower, until };
  };

  it('a sign that somebody waits for is acted on before the same bytes are read for others', async () => {
    writeFileSync(log, '');
    const happened: string[] = [];
    const seen = async (name: string): Promise<void> => {
      happened.push(name);
      await Promise.resolve();
      happened.push(`${name} acted`);
    };
    await new Promise<void>((settle) => {
      for (const [name, isUrgent] of [
        ['view', false],
        ['probe', true],
      ] as const) {
        const onBytes = (): void => void seen(name).then(() => (happened.length === 4 ? settle() : undefined));
        followers.push(followBytes({ path: log, from: 0, isUrgent, onBytes, onRestart: () => undefined }));
      }
      appendFileSync(log, 'one\n');
    });
    expect(happened).to.deep.equal(['probe', 'probe acted', 'view', 'view acted']);
  });

  it('who hears of a file is told before it is read, as often as it changes, until he has enough', async () => {
    writeFileSync(log, '');
    const happened: string[] = [];
    const changes: (() => void)[] = [];
    const deafen = hearOf(log, () => {
      happened.push('heard');
      changes.shift()?.();
    });
    const other = hearOf(path.join(folder.path, 'other.log'), () => happened.push('other'));
    const followed = follow();
    appendFileSync(log, 'one\n');
    await followed.until('one');
    expect(happened[0]).to.equal('heard');
    // One that changes all the time keeps nobody from reading.
    for (let line = 0; line < 20; line += 1) changes.push(() => appendFileSync(log, `line ${line}\n`));
    appendFileSync(log, 'two\n');
    await followed.until('line 19');
    const before = happened.length;
    deafen();
    other();
    appendFileSync(log, 'three\n');
    await followed.until('three');
    expect(happened.length).to.equal(before);
    expect(happened).not.to.include('other');
  });

  it('tells lines as they come, with their stream and time', async () => {
    writeFileSync(log, '');
    const lines: LogLine[] = [];
    const came = new Promise<void>((settle) => {
      const follower = followFile({
        path: log,
        stream: 'stderr',
        from: 0,
        onLines: (some) => {
          lines.push(...some);
          settle();
        },
      });
      followers.push(follower);
    });
    appendFileSync(log, 'one\ntwo\n');
    await came;
    expect(lines.map(({ text, stream }) => [text, stream])).to.deep.equal([
      ['one', 'stderr'],
      ['two', 'stderr'],
    ]);
    expect(lines[0]?.at).to.be.closeTo(Date.now(), 60_000);
  });

  it('works before the file and its folder exist', async () => {
    const file = path.join(folder.path, 'later', 'web.log');
    const { until } = follow(file);
    mkdirSync(path.dirname(file));
    writeFileSync(file, 'here\n');
    await until('here');
  });

  it('begins where it is told to', async () => {
    writeFileSync(log, 'old\nnew\n');
    const all = follow(log, 0);
    const some = follow(log, 4);
    const none = follow(log, 'end');
    await Promise.all([all, some, none].map(({ follower }) => follower.drain()));
    expect([all.texts, some.texts, none.texts]).to.deep.equal([['old', 'new'], ['new'], []]);
    appendFileSync(log, 'next\n');
    await Promise.all([all, some, none].map(({ until }) => until('next')));
  });

  it('F188: tells a last line without an end when it is drained, and when it stops', async () => {
    writeFileSync(log, 'whole\nhalf');
    const drained = follow();
    await drained.follower.drain();
    expect(drained.texts).to.deep.equal(['whole', 'half']);
    const stopped = follow();
    await stopped.until('whole');
    stopped.follower.stop();
    expect(stopped.texts).to.deep.equal(['whole', 'half']);
  });

  it('tells nothing after its stop', async () => {
    const stopped = follow();
    stopped.follower.stop();
    const other = follow();
    appendFileSync(log, 'late\n');
    await other.until('late');
    await stopped.follower.drain();
    expect(stopped.texts).to.deep.equal([]);
  });

  it('F105: shows invalid UTF-8 as U+FFFD and puts characters together that two writes cut', async () => {
    const { texts, until } = follow();
    const euro = Buffer.from('10 €\n');
    appendFileSync(log, Buffer.concat([Buffer.from([0xff, 0x00, 0x0a]), euro.subarray(0, 4)]));
    await until('\ufffd\0');
    appendFileSync(log, euro.subarray(4));
    await until('10 €');
    expect(texts).to.deep.equal(['\ufffd\0', '10 €']);
  });

  it('takes the line ends of Windows', async () => {
    writeFileSync(log, 'one\r\ntwo\r\n');
    const { texts, until } = follow();
    await until('two');
    expect(texts).to.deep.equal(['one', 'two']);
  });

  it('F5, F104: passes a line of 100 MB on in pieces, nothing of it lost, in bounded memory', async () => {
    const block = Buffer.alloc(1_000_000, 'x');
    let longest = 0;
    let total = 0;
    let last = '';
    const before = process.memoryUsage().heapUsed;
    let peak = 0;
    const onLines = (lines: readonly LogLine[]): void => {
      for (const { text } of lines) {
        longest = Math.max(longest, text.length);
        total += text.length;
        last = text;
      }
      peak = Math.max(peak, process.memoryUsage().heapUsed);
    };
    const follower = followFile({ path: log, stream: 'stdout', from: 0, onLines });
    followers.push(follower);
    for (let written = 0; written < 100; written += 1) {
      appendFileSync(log, block);
      await follower.drain();
    }
    appendFileSync(log, 'the end\n');
    await follower.drain();
    expect(longest).to.be.at.most(longestLine);
    expect(total).to.equal(100_000_007);
    expect(last.endsWith('the end')).to.equal(true);
    expect(peak - before).to.be.lessThan(80_000_000);
  });

  it('goes on when the file is truncated', async () => {
    writeFileSync(log, 'first\nsecond\n');
    const { texts, until } = follow();
    await until('second');
    truncateSync(log);
    const other = follow();
    appendFileSync(log, 'a\n');
    await Promise.all([until('a'), other.until('a')]);
    expect(texts).to.deep.equal(['first', 'second', 'a']);
  });

  it('F186: goes on when the file is removed and made again', async () => {
    writeFileSync(log, 'first\n');
    const { texts, until } = follow();
    await until('first');
    rmSync(log);
    writeFileSync(log, 'second\n');
    await until('second');
    expect(texts).to.deep.equal(['first', 'second']);
  });

  it('F155: who hears of a file goes on to when its folder is made again with the number that it had', async function () {
    const file = path.join(folder.path, 'logs', 'web.log');
    mkdirSync(path.dirname(file));
    follow(file);
    let isHeard = false;
    const deafen = hearOf(file, () => {
      isHeard = true;
    });
    try {
      if (!makeAgain(path.dirname(file))) this.skip();
      isHeard = false;
      // It is read now and then without being told of; who hears of it is told of each line.
      await until('it is heard of', () => {
        appendFileSync(file, 'line\n');
        return isHeard;
      });
    } finally {
      deafen();
    }
  });

  it('F155: goes on when the folder is removed and made again', async () => {
    const file = path.join(folder.path, 'logs', 'web.log');
    mkdirSync(path.dirname(file));
    writeFileSync(file, 'first\n');
    const { until } = follow(file);
    await until('first');
    rmSync(path.dirname(file), { recursive: true });
    mkdirSync(path.dirname(file));
    writeFileSync(file, 'second line\n');
    await until('second line');
  });

  it('F47: does not read a link or a FIFO in the place of a log', async () => {
    const fifo = path.join(folder.path, 'fifo.log');
    await once(spawn('mkfifo', [fifo]), 'exit');
    const { texts, follower } = follow(fifo);
    await follower.drain();
    expect(texts).to.deep.equal([]);
  });

  it('F108: tells every line of a flood once and in order, and is there when it is calm again', async () => {
    const count = 300_000;
    const { texts, until } = follow();
    writer = startWriter(log, count, 20_000);
    await writer.done;
    await until(`line ${count - 1} ${'.'.repeat((count - 1) % 97)}`);
    const numbers = numbersOf(texts);
    expect(numbers.findIndex((number, index) => number !== index)).to.equal(-1);
    expect(numbers.length).to.equal(count);
    appendFileSync(log, 'calm\n');
    await until('calm');
  });

  it('F191: follows a hundred services that all write, and keeps few files open', async () => {
    const descriptors = (): number => (process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0);
    const before = descriptors();
    const followed = Array.from({ length: 100 }, (_, index) => follow(path.join(folder.path, `${index}.log`)));
    for (let round = 0; round < 20; round += 1) {
      for (let index = 0; index < 100; index += 1) {
        appendFileSync(path.join(folder.path, `${index}.log`), `${index} ${round}\n`.repeat(10));
      }
      await new Promise((settle) => setImmediate(settle));
    }
    await Promise.all(followed.map(({ until }, index) => until(`${index} 19`)));
    await Promise.all(followed.map(({ follower }) => follower.drain()));
    for (const { texts } of followed) expect(texts).to.have.length(200);
    expect(descriptors() - before).to.be.lessThan(80);
  });
});
