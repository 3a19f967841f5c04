import type { RootCause } from '../../../domain/outcome.ts';
import type { ServiceName } from '../../../domain/service.ts';
import type { View } from './view.ts';

/** The folders of PATH in which the program of a service is looked for; null: not known here. */
export type PathOf = (name: ServiceName) => string | null;

const sentence = 'was not found in PATH';

/**
 * The same view, that also says where a program was looked for. No value of the environment leaves the supervisor, so it is
 * added by the command, whose environment it is.
 */
export const withSearched = (view: View, pathOf: PathOf): View => ({
  ...view,
  changed: (service, news, at) => {
    const path = service.reason?.includes(sentence) === true ? pathOf(service.name) : null;
    if (path === null) {
      view.changed(service, news, at);
      return;
    }
    const add = (text: string | null): string | null => text?.replace(sentence, `${sentence} (${path})`) ?? null;
    const told = news === null ? null : { ...news, text: add(news.text) };
    view.changed({ ...service, reason: add(service.reason) }, told, at);
  },
});

export const addSearched = (cause: RootCause, path: string | null): RootCause => {
  const { state } = cause;
  if (path === null || state.kind !== 'failed' || state.failure.kind !== 'spawn') return cause;
  const { failure } = state.failure;
  if (!failure.message.endsWith(sentence)) return cause;
  return { ...cause, state: { ...state, failure: { kind: 'spawn', failure: { ...failure, searched: path } } } };
};
