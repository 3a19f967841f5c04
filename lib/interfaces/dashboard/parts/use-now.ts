import { useEffect, useState } from 'preact/hooks';

/** The time of the page's own clock, again and again: for what runs on by itself. */
export const useNow = (every: number, isOn = true): number => {
  const [now, setNow] = useState(() => performance.now());
  useEffect(() => {
    if (!isOn) return undefined;
    const timer = setInterval(() => setNow(performance.now()), every);
    return () => clearInterval(timer);
  }, [every, isOn]);
  return isOn ? now : performance.now();
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
