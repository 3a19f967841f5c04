import type { Failure } from './state.ts';

export const describeFailure = (failure: Failure): string => (failure.kind === 'exited' ? `exited with code ${failure.exit.code}` : failure.kind);
