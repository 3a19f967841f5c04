import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { createProject, musterCommand, type Project, runMuster } from '../support/cli.ts';
import { until } from '../support/procs.ts';
import { sequences } from '../support/terminal-sequences.ts';

/** tmux of its own: a terminal that can be asked about itself. */
type Pane = {
  readonly type: (line: string) => void;
  /** All that was ever on it, without what can be seen only. */
  readonly text: () => string;
  readonly facts: () => string;
  readonly close: () => void;
};

const hasTmux = (): boolean => spawnSync('tmux', ['-V']).status === 0;

/** What a sequence could have changed: title, screen, cursor, modes, the clipboard. */
const asked = [
  'pane_title',
  'window_name',
  'alternate_on',
  'cursor_flag',
  'insert_flag',
  'keypad_cursor_flag',
  'keypad_flag',
  'mouse_any_flag',
  'origin_flag',
  'wrap_flag',
  'scroll_region_upper',
  'scroll_region_lower',
  'buffer_name',
];

const openPane = (project: Project): Pane => {
  const socket = join(dirname(project.folder), 'tmux');
  const tmux = (...args: readonly string[]): string => {
    const { stdout, stderr, status } = spawnSync('tmux', ['-S', socket, '-f', '/dev/null', ...args], {
      encoding: 'utf8',
      cwd: project.folder,
      env: {
        PATH: process.env.PATH ?? '',
        HOME: dirname(project.folder),
        LANG: 'C.UTF-8',
        XDG_RUNTIME_DIR: join(dirname(project.folder), 'run'),
      },
    });
    if (status !== 0) throw new Error(`tmux ${args.join(' ')}: ${stderr}`);
    return stdout;
  };
  tmux('new-session', '-d', '-x', '160', '-y', '50', 'sh');
  tmux('set-option', '-g', 'history-limit', '20000');
  tmux('set-option', '-s', 'set-clipboard', 'on');
  tmux('set-option', '-g', 'allow-passthrough', 'on');
  tmux('set-option', '-g', 'automatic-rename', 'off');
  tmux('rename-window', 'mine');
  tmux('select-pane', '-T', 'my title');
  return {
    type: (line) => void tmux('send-keys', line, 'Enter'),
    text: () => tmux('capture-pane', '-p', '-J', '-S', '-'),
    facts: () => tmux('display-message', '-p', asked.map((name) => `${name}=#{${name}}`).join(' ')),
    close: () => void tmux('kill-server'),
  };
};

describe('what services print, in a real terminal', () => {
  let pane: Pane | null = null;
  afterEach(() => {
    pane?.close();
    pane = null;
  });

  it(`S-24: ${sequences.length} sequences change neither title, screen, modes nor clipboard of tmux, and make it answer nothing`, async function () {
    if (!hasTmux()) this.skip();
    const lines = sequences.map((sequence, index) => `#${index} before${sequence} after`);
    const project = createProject({
      'lines.json': JSON.stringify(lines),
      'services.yaml': JSON.stringify({
        services: {
          talker: {
            command: ['node', '-e', 'process.stdout.write(require("./lines.json").join("\\n") + "\\n", "latin1")'],
            type: 'task',
          },
        },
      }),
    });
    expect((await runMuster(['up', '-d'], { cwd: project.folder })).code).to.equal(0);
    pane = openPane(project);
    const { type, text, facts } = pane;
    const before = facts();
    const muster = [process.execPath, ...musterCommand()].join(' ');
    // What a terminal answers is typed into it: half a second is given to whatever is to come.
    const replay = (end: string, ...options: readonly string[]): string =>
      `clear; stty -icanon -echo min 0 time 5; ${muster} logs -n all ${options.join(' ')}; typed=$(cat | wc -c); stty sane; echo "${end} [$typed]"`;
    type(replay('quiet'));
    await until('it has all been shown', () => /quiet \[\d+\]/.test(text()));
    expect(facts()).to.equal(before);
    const shown = text();
    expect(shown).to.contain('quiet [0]');
    for (const index of lines.keys())
      expect(shown, JSON.stringify(lines[index])).to.match(new RegExp(`#${index} before.* after`));
    // The same without us: the terminal is one that obeys.
    type(replay('raw', '--raw'));
    await until('it has obeyed', () => facts() !== before);
  });
});
