import type { JSX } from 'preact';

/** What replicas and their like differ in stands at the end: that is never cut off. */
const tail = 10;
const shortest = 18;

/** A name that is cut in its middle where there is no room for all of it. */
export const Name = ({ name }: { readonly name: string }): JSX.Element =>
  name.length < shortest ? (
    <>{name}</>
  ) : (
    <span class="name-cut" title={name}>
      <span class="name-head">{name.slice(0, -tail)}</span>
      <span class="name-tail">{name.slice(-tail)}</span>
    </span>
  );
