import type { ProbeKind } from '../../domain/service.ts';
import { checkExec } from './exec.ts';
import { awaitFile } from './file.ts';
import { checkHttp, prepareHttp } from './http.ts';
import { awaitLog } from './log.ts';
import { awaitNotify } from './notify.ts';
import type { AwaitSign, CheckOnce } from './probe.ts';
import { checkTcp } from './tcp.ts';

/** How one kind of probe is run. `cost`: what a check takes, which decides how densely it is asked. */
export type ProbeImplementation<Kind extends ProbeKind> =
  | {
      readonly mode: 'active';
      readonly check: CheckOnce<Kind>;
      readonly cost: 'connection' | 'process';
      /** Loads what the first check needs. */
      readonly prepare: (() => Promise<void>) | null;
    }
  | { readonly mode: 'passive'; readonly awaitSign: AwaitSign<Kind> };

/** Every kind of probe. A new kind is a file beside this one and a line here; without the line it is a type error. */
export const probes: { readonly [Kind in ProbeKind]: ProbeImplementation<Kind> } = {
  http: { mode: 'active', check: checkHttp, cost: 'connection', prepare: prepareHttp },
  tcp: { mode: 'active', check: checkTcp, cost: 'connection', prepare: null },
  exec: { mode: 'active', check: checkExec, cost: 'process', prepare: null },
  log: { mode: 'passive', awaitSign: awaitLog },
  notify: { mode: 'passive', awaitSign: awaitNotify },
  file: { mode: 'passive', awaitSign: awaitFile },
};
