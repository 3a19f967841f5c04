import { defaults } from '../defaults.ts';
import { isRawList, isRawMap } from '../raw.ts';
import { type NotifyEvent, notifyEvents, type Webhook } from '../service.ts';
import { type Fields, get, isGiven, readDuration, readText, readTexts } from './fields.ts';

/** One address, one map, or a list of both. */
export const readWebhooks = (fields: Fields): readonly Webhook[] => {
  const value = get(fields, 'notify');
  const path = [...fields.path, 'notify'];
  const found = isRawList(value) ? value.map((item, index) => ({ item, path: [...path, index] })) : [{ item: value, path }];
  return found.flatMap(({ item, path: own }): Webhook[] => {
    if (typeof item === 'string')
      return [{ url: item, events: defaults.notifyEvents, secret: null, timeout: defaults.webhookTimeout }];
    if (!isRawMap(item)) return [];
    const map: Fields = { map: item, path: own, report: fields.report };
    const url = readText(map, 'url', null);
    return url === null
      ? []
      : [
          {
            url,
            events: isGiven(map, 'events') ? readTexts(map, 'events').filter(isEvent) : defaults.notifyEvents,
            secret: readText(map, 'secret', null),
            timeout: readDuration(map, 'timeout', { fallback: defaults.webhookTimeout, least: 1, example: '5s' }),
          },
        ];
  });
};

const isEvent = (text: string): text is NotifyEvent => notifyEvents.some((event) => event === text);
