import type { Draft } from './draft.ts';
import type { kits } from './find.ts';

/** Where nothing says what runs: one service that comes up, and what one writes next as comments. */
export const toStarter = (kit: (typeof kits)[number] | null): Draft => ({
  head: ['Every field, with an example: muster help fields'],
  fields: [],
  services: [
    {
      name: 'app',
      comment: ['One entry a service. Its name is what others call it.'],
      fields: [
        {
          key: 'command',
          value: kit?.command ?? `node -e "require('http').createServer((q, r) => r.end('ok')).listen(process.env.PORT)"`,
          comment: [
            kit === null
              ? 'DECIDE: the program that runs. This one answers "ok" on its port.'
              : `DECIDE: ${kit.file} is here, and this is how such programs are mostly started.`,
          ],
        },
        {
          key: 'port',
          value: kit?.port ?? 3000,
          comment: ['Given to it as PORT. It is ready when its own process listens there.'],
        },
        {
          key: 'health_url',
          value: '${app.url}/health',
          comment: ['Better: an address that answers when it is ready.'],
          isSuggestion: true,
        },
        { key: 'depends_on', value: ['db'], comment: ['What has to be ready before it starts.'], isSuggestion: true },
        {
          key: 'env',
          value: { DATABASE_URL: 'postgres://${db.host}:${db.port}/app' },
          comment: ['Addresses of others are filled in.'],
          isSuggestion: true,
        },
      ],
    },
  ],
});
