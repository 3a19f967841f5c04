import type { ErrorObject } from 'ajv';

/** The validator that `scripts/build.mjs` compiles from schemas/services.schema.json. `errors` holds the findings of the last call. */
declare const validate: ((data: unknown) => boolean) & { errors?: ErrorObject[] | null };
export default validate;
