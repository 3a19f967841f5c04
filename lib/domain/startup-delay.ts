import type { Ms } from './service.ts';

/** Who is ready by then, measured from the spawn, was so with the first probe after the startup_delay: the delay may have been all. */
export const firstProbeBy = (startupDelay: Ms): Ms => startupDelay + Math.max(50, startupDelay * 0.1);
