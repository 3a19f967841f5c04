import { stateKinds } from '../../domain/state.ts';

/** The few shapes of which the schemas of the answers are made. */

export type Schema = Readonly<Record<string, unknown>>;

export const text: Schema = { type: 'string' };
export const textOrNull: Schema = { type: ['string', 'null'] };
export const number: Schema = { type: 'number' };
export const numberOrNull: Schema = { type: ['number', 'null'] };
export const integer: Schema = { type: 'integer' };
export const integerOrNull: Schema = { type: ['integer', 'null'] };
export const boolean: Schema = { type: 'boolean' };
export const listOf = (items: Schema): Schema => ({ type: 'array', items });
export const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });

/** All fields are there, and no others, unless `more` says so. */
export const object = (properties: Readonly<Record<string, Schema>>, optional: readonly string[] = [], more = false): Schema => ({
  type: 'object',
  properties,
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
  additionalProperties: more,
});

export const state: Schema = { enum: stateKinds };
export const outcome: Schema = { enum: ['up', 'degraded', 'failed', 'timed-out', 'interrupted'] };
export const boundPort: Schema = object({ name: textOrNull, port: integer });

export const timelineRow: Schema = object({
  name: text,
  spans: listOf(object({ state, from: number, to: numberOrNull })),
  ready: numberOrNull,
});
