import { expect } from 'chai';
import { startMuster } from '../support/cli.ts';
import { isLiving, until } from '../support/procs.ts';
import { killNine, ownProcess, signalTo } from '../support/signals.ts';
import { memoryOf } from '../support/stack-rig.ts';
import { type Example, freePorts, openExample, statesOf } from './rig.ts';

//  feed ──► bot

const open = async (): Promise<Example> => openExample('daemon', await freePorts('PORT_FEED'));

/** Of the supervisor, as `muster ls` has it. */
const supervisorOf = async ({ muster, project }: Example): Promise<number> => {
  const { stdout } = await muster(['ls', '--json']);
  const stacks = JSON.parse(stdout) as readonly { readonly root: string; readonly supervisor: number }[];
  return stacks.find(({ root }) => root === project.folder)?.supervisor ?? 0;
};

describe('the example of an always-on daemon', function () {
  it('outlives the terminal that started it', async () => {
    const example = await open();
    // What `up -d` has started is in a session of its own: the shell's hang-up does not reach it.
    const { done } = startMuster(['up', '-d'], { cwd: example.project.folder, env: example.env });
    expect((await done).code).to.equal(0);
    const supervisor = await supervisorOf(example);
    expect(supervisor).to.be.greaterThan(1);
    signalTo(memoryOf(example.project).supervisor, 'SIGHUP');
    expect(statesOf(await example.rows())).to.deep.equal({ feed: 'ready', bot: 'ready' });
    expect(await supervisorOf(example)).to.equal(supervisor);
    await example.down();
  });

  it('has a log for each service, of which the last 50 lines are shown unless one says otherwise', async () => {
    const example = await open();
    await example.muster(['up', '-d']);
    const { stdout } = await example.muster(['logs', 'bot']);
    expect(stdout).to.match(/reads from 127\.0\.0\.1:\d+/);
    expect(stdout).not.to.contain('feed on');
    example.project.write('logs/feed.log', Array.from({ length: 80 }, (_, index) => `line ${index}\n`).join(''));
    const linesOf = (text: string): string[] => text.split('\n').filter((line) => /line \d+/.test(line));
    expect(linesOf((await example.muster(['logs', 'feed'])).stdout)).to.have.length(50);
    expect(linesOf((await example.muster(['logs', 'feed', '-n', '3'])).stdout).map((line) => line.slice(-7))).to.deep.equal([
      'line 77',
      'line 78',
      'line 79',
    ]);
    await example.down();
  });

  it('restarts the bot while the feed runs on; and the bot comes back by itself when the feed does', async () => {
    const example = await open();
    await example.muster(['up', '-d']);
    const [feed, bot] = [await example.row('feed'), await example.row('bot')];
    await example.muster(['restart', 'bot']);
    expect((await example.row('feed')).pid).to.equal(feed.pid);
    const second = (await example.row('bot')).pid;
    expect(second).not.to.equal(bot.pid);
    killNine(await ownProcess(example.project, feed.pid));
    await until('both are others, and ready', async () =>
      (await example.rows()).every(({ state, pid }) => state === 'ready' && pid !== null && pid !== feed.pid && pid !== second),
    );
    await example.down();
  });

  it('is brought back by recover after the supervisor was killed: what lives is taken over as it is', async () => {
    const example = await open();
    await example.muster(['up', '-d']);
    const before = await example.rows();
    const supervisor = await supervisorOf(example);
    killNine(memoryOf(example.project).supervisor);
    await until('it is gone', () => !isLiving(supervisor));
    expect(before.every(({ pid }) => pid !== null && isLiving(pid))).to.equal(true);
    await example.muster(['recover']);
    const after = await example.rows();
    expect(after.map(({ name, pid }) => `${name} ${pid}`)).to.deep.equal(before.map(({ name, pid }) => `${name} ${pid}`));
    expect(await supervisorOf(example)).not.to.equal(supervisor);
    await example.down();
  });

  it('is brought back by recover when everything of it was killed, as by a reboot', async () => {
    const example = await open();
    await example.muster(['up', '-d']);
    const before = await example.rows();
    const pids = [await supervisorOf(example), ...before.map(({ pid }) => Number(pid))];
    const own = await Promise.all(before.map(({ pid }) => ownProcess(example.project, pid)));
    for (const known of [memoryOf(example.project).supervisor, ...own]) killNine(known);
    await until('all are gone', () => !pids.some(isLiving));
    await example.muster(['recover']);
    expect(statesOf(await example.rows())).to.deep.equal({ feed: 'ready', bot: 'ready' });
    await example.down();
  });
});
