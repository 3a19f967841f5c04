import type { JSX } from 'preact';

const paths = {
  start: <path d="M4.5 2.8v10.4L13 8z" class="fill" />,
  stop: <rect x="3.5" y="3.5" width="9" height="9" rx="1" class="fill" />,
  restart: <path d="M13 6.5A5.3 5.3 0 1 0 13.3 9M13.3 2.8v3.9H9.4" class="line" />,
  logs: <path d="M2.5 4h11M2.5 8h11M2.5 12h7" class="line" />,
  close: <path d="M3.5 3.5l9 9M12.5 3.5l-9 9" class="line" />,
  open: <path d="M6 3.5H3.5v9h9V10M9 3h4v4M13 3 7.5 8.5" class="line" />,
  search: (
    <g class="line">
      <circle cx="7" cy="7" r="4" />
      <path d="M10 10l3.5 3.5" />
    </g>
  ),
  pause: <path d="M4 3h3v10H4zM9 3h3v10H9z" class="fill" />,
} as const;

export const Icon = ({ name }: { readonly name: keyof typeof paths }): JSX.Element => (
  <svg class="icon" width="14" height="14" viewBox="0 0 16 16" aria-hidden="true">
    {paths[name]}
  </svg>
);
