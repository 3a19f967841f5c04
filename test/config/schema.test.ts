import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect } from 'chai';
import { nestedKeys } from '../../lib/config/unknown-key.ts';
import { conditions } from '../../lib/domain/resolve/dependencies.ts';
import { notifyEvents, stopSignals } from '../../lib/domain/service.ts';

type Schema = {
  readonly $ref?: string;
  readonly description?: string;
  readonly examples?: readonly unknown[];
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly then?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly $defs?: Readonly<Record<string, Schema>>;
};

const schema = JSON.parse(readFileSync(new URL('../../schemas/services.schema.json', import.meta.url), 'utf8')) as Schema;
const definition = (name: string): Schema => schema.$defs?.[name] ?? {};

describe('the published schema', () => {
  const documented: [string, Readonly<Record<string, Schema>>][] = [
    ['stack', schema.properties ?? {}],
    ...Object.entries(schema.$defs ?? {}).map(([name, def]): [string, Readonly<Record<string, Schema>>] => [
      name,
      { ...def.properties, ...def.then?.properties },
    ]),
  ];

  it('describes every field and gives an example that is valid', () => {
    const ajv = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true });
    ajv.addSchema(schema, 'muster');
    for (const [place, properties] of documented) {
      for (const [key, field] of Object.entries(properties)) {
        if (typeof field === 'boolean') continue;
        expect(field.description, `${place}.${key}`).to.be.a('string').and.not.equal('');
        expect(field.examples, `${place}.${key}`).to.be.an('array').and.not.deep.equal([]);
        const base =
          place === 'stack'
            ? 'muster#/properties'
            : `muster#/$defs/${place}${definition(place).then === undefined ? '' : '/then'}/properties`;
        const validate = ajv.getSchema(`${base}/${key}`);
        for (const example of field.examples ?? []) {
          expect(validate?.(example), `${place}.${key}: ${JSON.stringify(example)} ${JSON.stringify(validate?.errors)}`).to.equal(
            true,
          );
        }
      }
    }
  });

  it('agrees with the words that the code knows', () => {
    expect(definition('condition').enum).to.deep.equal(Object.keys(conditions));
    expect(definition('signal').enum).to.deep.equal([...stopSignals]);
    expect(definition('notifyEvent').enum).to.deep.equal([...notifyEvents]);
    for (const [home, keys] of Object.entries(nestedKeys)) {
      const def = definition({ depends_on: 'dependency' }[home] ?? home);
      for (const key of keys) expect({ ...def.properties, ...def.then?.properties }, `${home}.${key}`).to.have.property(key);
    }
  });
});
