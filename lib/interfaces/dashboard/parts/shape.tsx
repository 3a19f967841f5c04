import type { JSX } from 'preact';
import type { StateKind } from '../state/types.ts';

const paths: Readonly<Record<StateKind, JSX.Element>> = {
  idle: <circle cx="8" cy="8" r="5" class="line dashed" />,
  waiting: <circle cx="8" cy="8" r="5" class="line dashed" />,
  delayed: (
    <g class="line">
      <circle cx="8" cy="8" r="5.5" />
      <path d="M8 5v3l2 1.5" />
    </g>
  ),
  starting: <path d="M8 2.5a5.5 5.5 0 1 1-5.5 5.5" class="line spin" />,
  ready: <path d="M8 1.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13zM7.2 11.2l4-5.2-1.2-.9-3 3.9-1.6-1.5-1 1.1z" class="fill" />,
  unhealthy: <path d="M8 1.8 15 14H1zM7.2 6v4h1.6V6zm0 5v1.6h1.6V11z" class="fill" />,
  backoff: <path d="M13 6.5A5.3 5.3 0 1 0 13.3 9M13.3 2.8v3.9H9.4" class="line" />,
  stopping: <path d="M8 2.5a5.5 5.5 0 1 0 5.5 5.5" class="line spin back" />,
  stopped: <rect x="3.5" y="3.5" width="9" height="9" rx="1.5" class="line" />,
  completed: <path d="M3 8.5 6.5 12 13 4.5" class="line thick" />,
  failed: (
    <path
      d="M8 1.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13zM5.3 4.2 4.2 5.3 6.9 8l-2.7 2.7 1.1 1.1L8 9.1l2.7 2.7 1.1-1.1L9.1 8l2.7-2.7-1.1-1.1L8 6.9z"
      class="fill"
    />
  ),
  skipped: <path d="M3 8h10" class="line thick" />,
};

/** What a state looks like, beside its word: the picture itself says nothing to a screen reader. */
export const Shape = ({ state, size = 14 }: { readonly state: StateKind; readonly size?: number }): JSX.Element => (
  <svg class="shape" width={size} height={size} viewBox="0 0 16 16" aria-hidden="true">
    {paths[state]}
  </svg>
);
