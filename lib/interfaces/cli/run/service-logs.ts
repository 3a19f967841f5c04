import { logFilesOf } from '../../../domain/log-files.ts';
import type { Stack } from '../../../domain/service.ts';
import type { ServiceSnapshot } from '../../../domain/snapshot.ts';
import { followFile } from '../../../runtime/logs/follow.ts';
import { toClockTime } from '../../../util/local-time.ts';
import type { RemoteControl } from '../../control/client.ts';
import { createMask, type Secrets } from '../../control/mask.ts';
import type { Output } from '../output.ts';
import { renderNews } from '../render/actions.ts';
import { createPrefixer } from '../render/prefix.ts';
import { createTheme } from '../render/theme.ts';

export type Shown = { readonly stack: Stack; readonly secrets: Secrets };

export type ShownServices = { watch(control: RemoteControl): void; stop(): Promise<void> };

/** `--logs`: what the services print from now on, and what becomes of them, on stderr: stdout is the command's. */
export const showServices = ({ stack, secrets }: Shown, output: Output): ShownServices => {
  const { services } = stack;
  const mask = createMask(stack, secrets);
  const prefix = createPrefixer([...services.keys()], output);
  const theme = createTheme(output);
  const followers = [...services.values()].flatMap((service) =>
    logFilesOf(service).map((path, index) =>
      followFile({
        path,
        stream: index === 0 ? 'stdout' : 'stderr',
        from: 'end',
        onLines: (lines) => output.lines(lines.map(({ text }) => prefix(service.name, mask(text)))),
      }),
    ),
  );
  const ending = new AbortController();
  const told = new Map<string, string>();
  const tell = (service: ServiceSnapshot, at: number): void => {
    const news = renderNews(service, theme);
    // A change that changes nothing of what is told.
    if (news === null || told.get(service.name) === news) return;
    told.set(service.name, news);
    output.line(`${theme.paint('dim', toClockTime(at))} ${news}`);
  };
  const listen = async (control: RemoteControl): Promise<void> => {
    const events = control.events(ending.signal);
    // What had begun before there was anybody to hear of it.
    for (const service of (await control.snapshot()).services) tell(service, Date.now());
    for await (const event of events) if (event.type === 'changed') tell(event.service, event.at);
  };
  return {
    // Without a connection there is nothing to tell; whoever asks for more learns of it.
    watch: (control) => void listen(control).catch(() => undefined),
    stop: async () => {
      ending.abort();
      await Promise.all(followers.map((follower) => follower.drain()));
      for (const follower of followers) follower.stop();
    },
  };
};
