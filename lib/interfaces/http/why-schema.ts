import { boolean, integer, object, type Schema, state, text } from './schema-kit.ts';

/** One step of the chain of causes. */
export const whyStep: Schema = object(
  {
    service: text,
    state,
    because: text,
    depth: integer,
    restarts: integer,
    late: boolean,
    refused: object({ asks: { enum: ['health', 'ready'] }, said: text }),
  },
  ['depth', 'restarts', 'late', 'refused'],
);
