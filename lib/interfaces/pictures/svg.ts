/** Pieces of SVG. Every text goes through `escapeXml`; every number through `round`, so that the same data make the same file. */

// What XML 1.0 cannot hold at all, and halves of surrogate pairs.
// oxlint-disable-next-line no-control-regex -- control characters are what this is about.
const impossible =
  /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff\u200b-\u200f\u202a-\u202e\u2066-\u2069]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** For text and for attributes in quotes, in XML and in HTML. */
export const escapeXml = (text: string): string =>
  text.replace(impossible, '\ufffd').replace(/[&<>"']/g, (letter) => entities[letter] ?? '');

const round = (value: number): string => String(Math.round(value * 10) / 10);

/** Shortened in the middle, because names of services differ at both ends. */
export const shorten = (text: string, most: number): string => {
  const letters = Array.from(text);
  if (letters.length <= most) return text;
  const head = Math.ceil((most - 1) / 2);
  return `${letters.slice(0, head).join('')}…${letters.slice(letters.length - (most - 1 - head)).join('')}`;
};

export type Attributes = Readonly<Record<string, string | number>>;

/** `inner` is markup already. */
export const element = (name: string, attributes: Attributes, inner = ''): string => {
  const written = Object.entries(attributes)
    .map(([key, value]) => ` ${key}="${typeof value === 'number' ? round(value) : escapeXml(value)}"`)
    .join('');
  return inner === '' ? `<${name}${written}/>` : `<${name}${written}>${inner}</${name}>`;
};

export const text = (content: string, attributes: Attributes, title?: string): string =>
  element('text', attributes, `${escapeXml(content)}${title === undefined ? '' : `<title>${escapeXml(title)}</title>`}`);

/** What has a colour. */
export type Paint =
  | ('boot' | 'probe' | 'spawn' | 'ports' | 'delay' | 'queue' | 'retry' | 'backoff' | 'waiting' | 'overhead')
  | ('ground' | 'ink' | 'dim' | 'line' | 'critical');
export type Palette = Readonly<Record<Paint, string>>;

/** Colours that are told apart on white and on nearly black, also by people who see no red. */
const light: Palette = {
  ...{ ground: '#ffffff', ink: '#1f2328', dim: '#656d76', line: '#d8dee4', critical: '#bc4c00' },
  ...{ boot: '#2f81d6', probe: '#54aeff', spawn: '#8250df', ports: '#c297ff', delay: '#d4a72c', queue: '#afb8c1' },
  ...{ retry: '#cf222e', backoff: '#ffb3ad', waiting: '#d0d7de', overhead: '#8c959f' },
};
const dark: Palette = {
  ...{ ground: '#0d1117', ink: '#e6edf3', dim: '#9198a1', line: '#30363d', critical: '#ff9d4d' },
  ...{ boot: '#388bfd', probe: '#8cc7ff', spawn: '#a475f9', ports: '#5f3dc4', delay: '#bb8009', queue: '#6e7681' },
  ...{ retry: '#f85149', backoff: '#8e2f2a', waiting: '#373e47', overhead: '#6e7681' },
};

const toRules = (palette: Palette): string =>
  [
    ...Object.entries(palette).map(([paint, colour]) => `.${paint} { fill: ${colour}; }`),
    `text { fill: ${palette.ink}; }`,
    `text.dim { fill: ${palette.dim}; stroke: ${palette.ground}; }`,
    `text.critical { fill: ${palette.critical}; }`,
  ].join(' ');

const shapes = `text { font: 12px ui-sans-serif, system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
  text.dim { font-size: 11px; paint-order: stroke; stroke-width: 3px; } text.title { font-size: 14px; font-weight: 600; } text.critical { font-weight: 600; }`;

export type Drawing = {
  readonly width: number;
  readonly height: number;
  readonly label: string;
  /** Its own rules, without colours. */
  readonly style?: string;
  /** Its own colours. */
  readonly colours?: (palette: Palette) => string;
  readonly parts: readonly string[];
};

/**
 * A whole file, or a piece of a page. Colours are plain rules by class, the dark ones in a media query: many viewers and converters
 * (librsvg, Inkscape) know no variables and would paint all of it black.
 */
export const drawing = ({ width, height, label, style = '', colours = () => '', parts }: Drawing): string =>
  [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${round(width)}" height="${round(height)}" viewBox="0 0 ${round(width)} ${round(height)}" role="img" aria-label="${escapeXml(label)}">`,
    '<style>',
    `  ${shapes} ${style}`,
    `  ${toRules(light)} ${colours(light)}`,
    `  @media (prefers-color-scheme: dark) { ${toRules(dark)} ${colours(dark)} }`,
    '</style>',
    element('rect', { width, height, class: 'ground', rx: 6 }),
    ...parts,
    '</svg>',
    '',
  ].join('\n');
