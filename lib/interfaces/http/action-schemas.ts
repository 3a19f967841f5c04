import { integer, listOf, number, object, ref, type Schema, text, textOrNull } from './schema-kit.ts';

export type ActionSchema = 'Done' | 'Down' | 'Hurried' | 'Preview' | 'Agreed' | 'Dashboard' | 'BootReport';

const foreseen = object({ name: text, because: text });

/** What the routes answer with that do something, or say what would be done. */
export const actionSchemas: Readonly<Record<ActionSchema, Schema>> = {
  Done: object({ names: listOf(text), services: listOf(ref('Service')) }),
  Down: object(
    {
      took: number,
      killed: listOf(object({ name: text, after: number })),
      survivors: listOf(
        object({
          name: text,
          pids: listOf(integer),
          text,
          processes: listOf(object({ pid: integer, command: text, user: textOrNull })),
        }),
      ),
    },
    ['killed'],
  ),
  Hurried: object({ level: integer }),
  Preview: object({ started: listOf(foreseen), restarted: listOf(foreseen), stopped: listOf(text), kept: listOf(text) }),
  Agreed: object({ agreed: integer }),
  Dashboard: object({
    origin: text,
    code: { ...text, description: 'Can be swapped for a token once, within a minute; a browser takes it behind `/#t=`' },
  }),
  BootReport: object({
    report: {
      oneOf: [
        { type: 'null' },
        object(
          {
            ...{ outcome: { type: 'object' }, run: { type: 'object' }, failures: { type: 'array' }, refused: text },
            ends: { const: true, description: 'The supervisor ends by itself now' },
          },
          ['refused', 'ends'],
        ),
      ],
    },
  }),
};
