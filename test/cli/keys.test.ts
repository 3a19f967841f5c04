import { expect } from 'chai';
import type { ServiceSnapshot } from '../../lib/domain/snapshot.ts';
import { type Key, parseKeys } from '../../lib/interfaces/cli/keys/parse.ts';
import { type Command, type Keys, narrow, noKeys, press } from '../../lib/interfaces/cli/keys/press.ts';
import { renderPanel } from '../../lib/interfaces/cli/render/panel.ts';
import { displayWidth } from '../../lib/util/ansi.ts';
import { aServiceSnapshot } from '../support/snapshots.ts';

const services: readonly ServiceSnapshot[] = [
  aServiceSnapshot('db', 'ready'),
  aServiceSnapshot('api', 'ready', { url: 'http://127.0.0.1:3000' }),
  aServiceSnapshot('api-docs', 'stopped'),
  aServiceSnapshot('web', 'starting', { url: 'http://127.0.0.1:3001' }),
];

type TypeOptions = { readonly from?: Keys; readonly selected?: string | null; readonly pasted?: boolean };

/** Presses one after the other what was typed. */
const type = (
  input: string,
  { from = noKeys, selected = null, pasted = false }: TypeOptions = {},
): { readonly keys: Keys; readonly commands: readonly Command[] } => {
  let keys = from;
  const commands: Command[] = [];
  // As they come when somebody types: one after the other.
  const sent = pasted ? [input] : (input.match(/\x1b\[.|[^]/gu) ?? []);
  for (const key of sent.flatMap(parseKeys)) {
    const pressed = press(keys, key, { services, selected });
    keys = pressed.keys;
    if (pressed.command !== null) commands.push(pressed.command);
  }
  return { keys, commands };
};

const kinds = (keys: readonly Key[]): readonly string[] => keys.map((key) => (key.kind === 'text' ? key.text : key.kind));

describe('keys of a terminal', () => {
  it('knows letters, arrows as terminals send them, and what ends a line', () => {
    expect(kinds(parseKeys('r\x1b[A\x1bOB\r\x7f\t'))).to.deep.equal(['r', 'up', 'down', 'enter', 'backspace', 'tab']);
    expect(kinds(parseKeys('\x1b[5~\x1b[6~\x1b[H\x1b[4~'))).to.deep.equal(['page-up', 'page-down', 'home', 'end']);
    expect(kinds(parseKeys('\x03\x1a\x1c\x04\x0c\x15'))).to.deep.equal([
      'interrupt',
      'suspend',
      'quit',
      'end-of-input',
      'redraw',
      'clear-line',
    ]);
  });

  it('a lone escape is a key, a sequence that nobody knows is nothing', () => {
    expect(kinds(parseKeys('\x1b'))).to.deep.equal(['escape']);
    expect(parseKeys('\x1b[3~\x1b[1;5C\x1b[200~')).to.deep.equal([]);
  });

  it('letters typed quickly are letters, a paste is one piece', () => {
    expect(kinds(parseKeys('dqs'))).to.deep.equal(['d', 'q', 's']);
    expect(kinds(parseKeys('äß€'))).to.deep.equal(['ä', 'ß', '€']);
    expect(kinds(parseKeys('rsqd'))).to.deep.equal(['rsqd']);
  });
});

describe('what a key does', () => {
  it('r: narrows by what is typed, Enter takes the marked one', () => {
    expect(type('rap\r').commands).to.deep.equal([{ kind: 'restart', name: 'api' }]);
    expect(type('rap\x1b[B\r').commands).to.deep.equal([{ kind: 'restart', name: 'api-docs' }]);
    expect(type('rap\x1b[A\x1b[A\r').commands).to.deep.equal([{ kind: 'restart', name: 'api' }]);
    expect(type('r\x1b[B\x1b[B\x1b[B\x1b[B\x1b[B\r').commands).to.deep.equal([{ kind: 'restart', name: 'web' }]);
  });

  it('Esc leaves a choice, and so does backspace where nothing is typed; nothing is done', () => {
    for (const input of ['r\x1b', 'rx\x7f\x7f', 'r\x04'])
      expect(type(input), input).to.deep.equal({ keys: noKeys, commands: [] });
    expect(type('rxyz\r').commands).to.deep.equal([]);
  });

  it('s: only what runs can be stopped, and without a word about those that need it', () => {
    expect(renderPanel(type('s').keys, services, look).join('\n')).not.to.include('api-docs');
    expect(type('sdb\r').commands).to.deep.equal([{ kind: 'stop', name: 'db', choice: 'refuse' }]);
  });

  it('E11: when others need it, y stops them too, o only it, and anything else leaves it', () => {
    const asking: Keys = { ...noKeys, mode: { kind: 'confirming', name: 'db', neededBy: ['api', 'web'] } };
    expect(renderPanel(asking, services, look)[0]).to.equal('db is needed by api, web');
    expect(type('y', { from: asking }).commands).to.deep.equal([{ kind: 'stop', name: 'db', choice: 'with-dependents' }]);
    expect(type('o', { from: asking }).commands).to.deep.equal([{ kind: 'stop', name: 'db', choice: 'force' }]);
    for (const input of ['n', '\r', '\x1b', 'x'])
      expect(type(input, { from: asking })).to.deep.equal({ keys: noKeys, commands: [] });
  });

  it('in a narrow terminal a question keeps all of its answers, each row with its own colours', () => {
    const leaving: Keys = { ...noKeys, mode: { kind: 'leaving' } };
    expect(renderPanel(leaving, services, { ...look, width: 40 })).to.deep.equal([
      'Leave? d: detach, it runs on; s: stop',
      'everything; any other key: stay',
    ]);
    expect(renderPanel({ ...noKeys, only: 'web' }, services, { ...look, colour: true, width: 24 })).to.deep.equal([
      '\x1b[2mshowing only lines of\x1b[0m',
      '\x1b[2mweb; Esc shows all\x1b[0m',
    ]);
  });

  it('l shows one, l again all; the filter is said for as long as it holds', () => {
    const one = type('lweb\r');
    expect([one.keys.only, one.commands]).to.deep.equal(['web', [{ kind: 'filter' }]]);
    expect(renderPanel(one.keys, services, look)).to.deep.equal(['showing only lines of web; Esc shows all']);
    expect(type('l', { from: one.keys }).keys).to.deep.equal(noKeys);
  });

  it('/ takes any text, Enter applies it, Esc leaves it as it was, an empty one shows all', () => {
    const filtered = type('/GET /x\r').keys;
    expect(filtered.text).to.equal('GET /x');
    expect(type('/more\x1b', { from: filtered }).keys).to.deep.equal(filtered);
    expect(type('/\x15\r', { from: filtered }).keys).to.deep.equal(noKeys);
    expect(type('\x1b', { from: filtered })).to.deep.equal({ keys: noKeys, commands: [{ kind: 'filter' }] });
  });

  it('o offers what has an address; where there is none, that is said', () => {
    expect(renderPanel(type('o').keys, services, look).join('\n'))
      .to.include('http://127.0.0.1:3001')
      .and.not.to.include('db');
    expect(type('oweb\r').commands).to.deep.equal([{ kind: 'open', name: 'web' }]);
    const none = press(noKeys, { kind: 'text', text: 'o' }, { services: services.slice(0, 1) });
    expect(none.command).to.deep.equal({ kind: 'tell', text: 'nothing that runs has an address for a browser' });
  });

  it('d detaches; q asks first', () => {
    expect(type('d').commands).to.deep.equal([{ kind: 'detach' }]);
    expect(type('q').commands).to.deep.equal([]);
    expect(type('qd').commands).to.deep.equal([{ kind: 'detach' }]);
    expect(type('qs').commands).to.deep.equal([{ kind: 'down' }]);
    expect(type('qx')).to.deep.equal({ keys: noKeys, commands: [] });
  });

  it('q leaves at once where one only looks: the stack was not booted from there', () => {
    const left = press(noKeys, { kind: 'text', text: 'q' }, { services, selected: 'web', isViewer: true });
    expect(left).to.deep.equal({ keys: noKeys, command: { kind: 'detach' } });
  });

  it('Ctrl-C and Ctrl-Z work whatever is being asked', () => {
    for (const before of ['', 'r', '/ab', 'q', '?']) {
      expect(type(`${before}\x03`).commands, before).to.deep.equal([{ kind: 'interrupt' }]);
      expect(type(`${before}\x1a`).commands, before).to.deep.equal([{ kind: 'suspend' }]);
    }
  });

  it('a paste does nothing, unless text is asked for', () => {
    expect(type('dddd rs q d', { pasted: true })).to.deep.equal({ keys: noKeys, commands: [] });
    expect(type('/').keys.mode).to.deep.equal({ kind: 'filtering', typed: '' });
    expect(type('pasted text\r', { from: type('/').keys, pasted: true }).keys.text).to.equal('pasted text');
  });

  it('? shows the keys, and goes with the next one', () => {
    const helping = type('?').keys;
    expect(renderPanel(helping, services, look).join(' ')).to.match(/r restart.*d detach.*Ctrl-C stop everything/);
    expect(type('?', { from: helping }).keys).to.deep.equal(noKeys);
  });

  it('where one stands in a list, that one is meant', () => {
    expect(type('r', { selected: 'web' }).commands).to.deep.equal([{ kind: 'restart', name: 'web' }]);
    expect(type('s', { selected: 'api-docs' }).commands).to.deep.equal([{ kind: 'tell', text: 'nothing of that runs' }]);
  });

  it('those that begin with what was typed come before those that hold it', () => {
    const names = ['web-api', 'API', 'apis', 'db'].map((name) => aServiceSnapshot(name, 'ready'));
    expect(narrow(names, 'api').map(({ name }) => name)).to.deep.equal(['API', 'apis', 'web-api']);
  });
});

const look = { colour: false, unicode: true, width: 80, height: 12 };

describe('the panel of keys', () => {
  for (const width of [12, 20, 40, 80]) {
    it(`never takes more than ${width} columns`, () => {
      for (const input of ['r', '/some long text that was typed', 'q', '?', 'l']) {
        for (const line of renderPanel(type(input).keys, services, { ...look, width }))
          expect(displayWidth(line)).to.be.at.most(width);
      }
    });
  }

  it('takes as many lines as it may, with the marked one among them', () => {
    const many = Array.from({ length: 100 }, (_, index) => aServiceSnapshot(`s${index}`, 'ready'));
    const keys: Keys = { ...noKeys, mode: { kind: 'choosing', purpose: 'restart', typed: '', at: 50 } };
    const lines = renderPanel(keys, many, { ...look, height: 6 });
    expect(lines).to.have.lengthOf(5);
    expect(lines.join('\n')).to.include('❯ s50 ready').and.to.include('97 more');
  });

  it('needs nothing beyond ASCII where there is nothing else', () => {
    for (const input of ['r', '/x', 'q', '?', 'lweb\r']) {
      expect(renderPanel(type(input).keys, services, { ...look, unicode: false, width: 24 }).join('')).to.match(/^[ -~]*$/);
    }
  });

  it('S2: what is typed and what services are called cannot reach the terminal as a control sequence', () => {
    const evil = [aServiceSnapshot('a\x1b[2J', 'ready')];
    const keys: Keys = { ...noKeys, mode: { kind: 'choosing', purpose: 'why', typed: '', at: 0 } };
    expect(renderPanel(keys, evil, look).join('')).not.to.match(/[\x00-\x1f]/);
  });
});
