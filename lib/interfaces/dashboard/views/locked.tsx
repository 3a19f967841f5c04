import type { JSX } from 'preact';

/** Without a code nobody gets in; the terminal has one. */
export const Locked = ({ problem }: { readonly problem: string | null }): JSX.Element => (
  <main class="locked">
    <img src="/icon.svg" width="48" height="48" alt="" />
    <h1>This page needs a code</h1>
    {problem === null ? null : (
      <p class="problem" role="alert">
        {problem}
      </p>
    )}
    <p>Type this in the folder of the stack. It opens the page again, with a code that works once, within a minute:</p>
    <pre>
      <code>muster dashboard</code>
    </pre>
    <p class="dim">
      When the stack was started anew, or this is another tab, the old code is worth nothing. Nothing of the stack is shown
      without one.
    </p>
  </main>
);
