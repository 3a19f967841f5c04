import { mapFreeText } from '../../control/free-text.ts';
import type { Mask } from '../../control/mask.ts';
import type { View } from './view.ts';

/** The same view, to which nobody tells a secret. */
export const withMask = (view: View, mask: Mask): View => ({
  ...view,
  changed: (service, news, at) => view.changed(mapFreeText(service, mask), mapFreeText(news, mask), at),
  notice: (text, at) => view.notice(mask(text), at),
  ...(view.applied === undefined ? {} : { applied: async (services) => await view.applied?.(mapFreeText(services, mask)) }),
  logs: (name, lines) =>
    view.logs(
      name,
      lines.map((line) => ({ ...line, text: mask(line.text) })),
    ),
  booted: (report) => view.booted(mapFreeText(report, mask)),
  failed: (failures, at) => view.failed(mapFreeText(failures, mask), at),
  stopped: (result) => view.stopped(mapFreeText(result, mask)),
});
