import type { StackControl } from '../../control.ts';

/** Who is attached to a stack asks for its end with each Ctrl-C more urgently, whoever has begun with it. */
export type Asking = {
  /** Asks for an ordered end, then for one within a second, then for one at once. */
  press(): void;
  /** The stack goes down as urgently as this: 1 in order, 2 within a second, 3 at once. */
  heard(urgency: number): void;
  /** Somebody has asked. */
  readonly isAsked: () => boolean;
};

/** `onLost`: told why it could not be asked. */
export const createAsking = (control: Pick<StackControl, 'down' | 'hurry'>, onLost: (error: unknown) => void): Asking => {
  let urgency = 0;
  return {
    press: () => {
      const asked = urgency === 0 ? control.down() : control.hurry(urgency === 1 ? 1 : 2);
      asked.catch(onLost);
      urgency += 1;
    },
    heard: (told) => {
      urgency = Math.max(urgency, told);
    },
    isAsked: () => urgency > 0,
  };
};
