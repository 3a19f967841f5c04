// Draws the products' pictures. It needs nobody, so muster starts it at once, beside the store.
import { fault, onStop, serveHttp } from './lib/service.mjs';

const stroke = 'fill="none" stroke="currentColor" stroke-width="3" stroke-linecap="round" stroke-linejoin="round"';

/** Drawn on a field of 64 × 64. */
const drawings = {
  teapot:
    '<path d="M16 28h28v10a12 12 0 0 1-12 12h-4a12 12 0 0 1-12-12zM44 30c9-2 9 10-1 11M16 33c-6 0-6-8-10-8M24 28c0-8 12-8 12 0M30 19v-3"/>',
  lamp: '<path d="M16 52h24M28 52V36L18 24l16-10 10 14-12 6M40 32l6 8M46 26l8 3"/>',
  kite: '<path d="M34 8 52 26 30 44 16 26zM34 8 30 44M16 26h36M30 44c-2 6 6 6 4 12"/>',
  clock: '<circle cx="32" cy="32" r="21"/><path d="M32 19v13l9 6M32 11v2M32 51v2M11 32h2M51 32h2"/>',
  boots: '<path d="M20 10h14v28c8 0 16 3 16 12H20zM20 44h28M20 18h14"/>',
  chess: '<path d="M20 52h24M24 46h16l-3-14H27zM27 32a8 8 0 1 1 10 0M24 32h16M32 16v-6M29 13h6"/>',
};

const server = await serveHttp('images', (_request, response, url) => {
  const name = url.pathname.slice(1, -'.svg'.length);
  if (url.pathname !== `/${name}.svg` || !Object.hasOwn(drawings, name)) throw fault(404, 'there is no such picture');
  response.writeHead(200, { 'content-type': 'image/svg+xml', 'cache-control': 'max-age=3600' });
  // The colour reads on light and on dark ground.
  response.end(
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64" color="#7c6ff0"><g ${stroke}>${drawings[name]}</g></svg>`,
  );
});

onStop(() => server.close());
