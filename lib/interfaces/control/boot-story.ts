import type { ControlEvent } from '../control.ts';

/** Of a boot with more than this, only what was said is kept: what became of each service is in the snapshot. */
const longestStory = 1_000;

export type BootStory = { note(event: ControlEvent): void; events(): readonly ControlEvent[] };

/**
 * What has happened in the first boot, for those who come to it while it is under way, and for the command that started it,
 * which may be slower than the boot. When it is over, what was said in it remains, and what came of it.
 */
export const createBootStory = (): BootStory => {
  let story: ControlEvent[] = [];
  let isOver = false;
  return {
    note: (event) => {
      if (isOver) return;
      isOver = event.type === 'booted';
      story.push(event);
      if (isOver || story.length > longestStory) story = story.filter(({ type }) => type !== 'changed').slice(-longestStory / 2);
    },
    events: () => story,
  };
};
