// Fails the first TIMES times (default: always) and counts its starts in the file COUNT_FILE; then it listens as listens.mjs
// does. OPEN=1: it opens its port before each crash, so that a lucky probe sees it alive.
import { appendFileSync, readFileSync } from 'node:fs';

const { COUNT_FILE: file, TIMES: times = 'Infinity', OPEN: open, AFTER: after = '50' } = process.env;
appendFileSync(file, '.');
const starts = readFileSync(file, 'utf8').length;
console.log(`start ${starts}`);
const isCrash = starts <= Number(times);
if (!isCrash || open === '1') await import('./listens.mjs');
if (isCrash) setTimeout(() => process.exit(1), Number(after));
