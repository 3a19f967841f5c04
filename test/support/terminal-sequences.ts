export const escape = '\x1b';
const bell = '\x07';
const stringEnd = `${escape}\\`;
const range = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => String.fromCharCode(from + index));

/** All that a terminal does something for, other than colours. */
export const sequences: readonly string[] = [
  // CSI: every final byte but that of colours, bare, with numbers, and private.
  ...range(0x40, 0x7e).flatMap((final) => (final === 'm' ? [] : [`${escape}[${final}`, `${escape}[2;5${final}`])),
  ...['?25l', '?1049h', '?2004h', '?1006h', '>c', '>4;2m', '=c', '<u', '!p', ' q', '"q', "'z", '?6n', '6n', '14t', '21t'].map(
    (rest) => `${escape}[${rest}`,
  ),
  // OSC: title, folder, link, notification, colours, clipboard, reports, shell marks, images; with both ends.
  ...[
    '0;t',
    '1;t',
    '2;t',
    '4;1;?',
    '7;file://h/',
    '8;;http://evil.test',
    '9;n',
    '10;?',
    '11;?',
    '12;?',
    '52;c;cm0gLXJm',
    '52;c;?',
    '104',
    '110',
    '133;A',
    '633;A',
    '777;notify;a;b',
    '1337;File=inline=1:AAAA',
    '1337;SetUserVar=a=b',
    'L;icon',
  ].flatMap((text) => [`${escape}]${text}${bell}`, `${escape}]${text}${stringEnd}`]),
  // DCS (DECRQSS, terminfo, sixel, pass-through of tmux), APC, PM, SOS.
  ...['P$qm', 'P$q"p', 'P+q544e', 'Pq#0;2;0;0;0~-', 'Ptmux;\x1b\x1b]52;c;AAAA\x07', '_Ga=T;AAAA', '^private', 'Xstring'].map(
    (text) => `${escape}${text}${stringEnd}`,
  ),
  // Single ones: reset, save, keypad, index, shifts, alignment, character sets.
  ...[
    'c',
    '7',
    '8',
    '=',
    '>',
    'D',
    'E',
    'H',
    'M',
    'N',
    'O',
    'Z',
    '#8',
    '(0',
    ')B',
    '*0',
    '+0',
    '%G',
    'n',
    'o',
    '|',
    '}',
    '~',
    ' F',
  ].map((text) => `${escape}${text}`),
  // The same in eight bits.
  ...['\x9b2J', '\x9b6n', '\x9b?1049h', '\x9d0;t\x9c', '\x9d52;c;AAAA\x9c', '\x90$qm\x9c', '\x9fG\x9c', '\x9ep\x9c', '\x98s\x9c'],
  ...range(0x80, 0x9f).filter((character) => !'\x90\x98\x9b\x9d\x9e\x9f'.includes(character)),
];
