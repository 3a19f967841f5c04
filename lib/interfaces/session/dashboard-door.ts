import type { Socket } from 'node:net';
import type { Stack } from '../../domain/service.ts';
import type { Session } from '../../supervisor/session.ts';
import { createGrowingMask, hasSecrets, type Mask, type Secrets } from '../control/mask.ts';
import type { DashboardAddress, DashboardRequest, StackControl } from '../control.ts';
import type { Door } from '../http/door.ts';

/** The supervisor's end of the dashboard and of all HTTP. Nothing of it is loaded until somebody asks for it. */
export type DashboardDoor = {
  /** What is not to be shown, from now on, with `variables` filled in: also what an earlier stack had keeps being hidden. */
  hide(stack: Stack, secrets: Secrets, variables: Readonly<Record<string, string | undefined>>): void;
  readonly hidden: { readonly mask: Mask; hasAny(): boolean };
  open(control: StackControl, request: DashboardRequest): Promise<DashboardAddress>;
  /** Goes on with a client of the control socket that speaks HTTP. */
  take(control: StackControl, socket: Socket): Promise<void>;
  close(): Promise<void>;
};

export type DashboardDoorOptions = { readonly session: Session; readonly onProblem: (problem: string) => void };

export const createDashboardDoor = ({ session, onProblem }: DashboardDoorOptions): DashboardDoor => {
  const known = createGrowingMask();
  let door: Promise<Door> | null = null;
  let hasAny = false;
  const { mask } = known;
  const load = (control: StackControl): Promise<Door> => {
    door ??= import('../http/door.ts').then(({ createDoor }) => createDoor({ session, control, mask, onProblem }));
    return door;
  };
  return {
    hide: (stack, secrets, variables) => {
      known.learnStack(stack, secrets);
      known.learnCaller(variables);
      hasAny ||= hasSecrets(stack, secrets);
    },
    hidden: { mask, hasAny: () => hasAny },
    open: async (control, request) => (await load(control)).open(request),
    take: async (control, socket) => (await load(control)).take(socket),
    close: async () => {
      await (await door)?.close();
    },
  };
};
