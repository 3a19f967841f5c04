import { formatDuration } from '../../../util/duration.ts';
import type { DraftField, DraftValue } from '../draft.ts';
import { createReader, type MapReader } from '../reader.ts';
import { scalarText, type Tree } from '../tree.ts';
import type { ComposeContext } from './context.ts';
import { isHostFlag } from './host-variables.ts';

/** What holds in Compose where nothing is said; muster asks more often and waits less. */
const paceOfCompose = { interval: '30s', timeout: '30s', retries: 3 };

/** The same field by the same name, which muster reads; its command runs on this machine. */
export const toHealthcheck = (service: MapReader, self: string, context: ComposeContext): readonly DraftField[] => {
  const { ledger } = context;
  const entry = service.entry('healthcheck');
  if (entry === null) return [];
  if (entry.value.kind !== 'map') {
    ledger.lose(entry, 'it should be a map');
    return [];
  }
  const map = createReader(entry.value, ledger);
  const test = toTest(map, self, context);
  const isOff = map.flag('disable') === true || (Array.isArray(test) && test[0] === 'NONE') || test === 'NONE';
  const durations = Object.fromEntries(
    ['interval', 'timeout', 'start_period'].flatMap((key): [string, string][] => {
      const ms = readDuration(map, key, ledger);
      const least = key === 'interval' ? 50 : key === 'timeout' ? 10 : 0;
      if (ms !== null && ms < least) map.lose(key, `muster takes ${least}ms or more`);
      return ms === null || ms < least ? [] : [[key, formatDuration(ms)]];
    }),
  );
  const retries = map.whole('retries', 1);
  map.finish({ start_interval: 'muster asks quickly until it is ready anyway' });
  if (isOff) return [{ key: 'healthcheck', value: { disable: true } }];
  const pace = { ...durations, ...(retries === null ? {} : { retries }) };
  if (test !== null) {
    tellMoved(map, test, self, context);
    return [{ key: 'healthcheck', value: { test, ...paceOfCompose, ...pace } }];
  }
  // Only a pace: the check itself is the image's.
  for (const key of Object.keys(pace)) map.lose(key, "the check that it paces is the image's own");
  return [];
};

/** A check that names no address asks where its program mostly listens, and here that may be somebody else. */
const tellMoved = (map: MapReader, test: DraftValue, self: string, { names, known }: ComposeContext): void => {
  const moved = known.moved(self);
  if (moved === null || JSON.stringify(test).includes(`\${${names.get(self) ?? self}.`)) return;
  map.note(
    'test',
    `it listens on ${moved.number ?? 'a free port'} here, and not on ${moved.target}: see that the check asks there`,
  );
};

const toTest = (map: MapReader, self: string, context: ComposeContext): DraftValue => {
  const entry = map.entry('test');
  if (entry === null) return null;
  const write = (text: string, spot: Tree, before?: Tree): string =>
    context.address(context.text(text, spot), spot, { self, what: isHostFlag(before) ? 'flagged' : 'words' });
  const { value } = entry;
  if (value.kind !== 'list') {
    const line = scalarText(value);
    if (line === null) context.ledger.lose(entry, 'it should be text or a list');
    return line === null ? null : write(line, value);
  }
  const words = value.items.flatMap((item, index) => {
    const word = scalarText(item);
    return word === null ? [] : [index === 0 ? word : write(word, item, value.items[index - 1])];
  });
  const [how] = words;
  if (how === 'NONE' || ((how === 'CMD' || how === 'CMD-SHELL') && words.length > 1)) return words;
  context.ledger.lose(entry, 'a list begins with CMD, CMD-SHELL or NONE');
  return null;
};

const units: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Compose's durations, in milliseconds; null: there is none, or it is none, which has been told. */
export const readDuration = (map: MapReader, key: string, ledger: ComposeContext['ledger']): number | null => {
  const text = map.text(key)?.trim() ?? null;
  if (text === null) return null;
  const whole = /^(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+$/.test(text);
  const entry = map.entry(key);
  if (!whole && !/^0+$/.test(text)) {
    if (entry !== null) ledger.lose(entry, `"${text}" is no duration that is known before the start`);
    return null;
  }
  let total = 0;
  for (const [, amount, unit = ''] of text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g))
    total += Number(amount) * (units[unit] ?? 0);
  const ms = Math.round(total);
  if (ms <= 24 * 86_400_000) return ms;
  if (entry !== null) ledger.lose(entry, 'muster takes 24 days at most');
  return null;
};
