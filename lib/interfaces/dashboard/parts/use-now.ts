import { useEffect, useState } from 'preact/hooks';
import { app } from '../state/app.ts';
import { useStore } from '../state/store.ts';

/** The time of the page's own clock, again and again: for what runs on by itself. It stands still while nothing is heard of the stack. */
export const useNow = (every: number, isOn = true): number => {
  const [now, setNow] = useState(() => performance.now());
  const asOf = useStore(app, (state) => state.asOf?.page ?? null);
  const isRunning = isOn && asOf === null;
  useEffect(() => {
    if (!isRunning) return undefined;
    const timer = setInterval(() => setNow(performance.now()), every);
    return () => clearInterval(timer);
  }, [every, isRunning]);
  return asOf ?? (isOn ? now : performance.now());
};

/** A media query, as it is now. */
export const useMedia = (query: string): boolean => {
  const [matches, setMatches] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const media = matchMedia(query);
    const look = (): void => setMatches(media.matches);
    media.addEventListener('change', look);
    return () => media.removeEventListener('change', look);
  }, [query]);
  return matches;
};

export const phone = '(max-width: 720px)';
