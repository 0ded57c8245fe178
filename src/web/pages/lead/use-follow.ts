import { type RefObject, useEffect, useRef } from 'react';

/** Somebody who reads further up is left alone. */
const NEAR_PX = 240;

/**
 * A long conversation opens at its end, and stays there while new messages come in.
 * @param own the newest is what this person has just sent: they want to see it go
 */
export function useFollow(story: RefObject<HTMLElement | null>, count: number, long: number, own: boolean): void {
  const known = useRef({ count: 0, near: count > long });
  useEffect(() => {
    const { count: before, near } = known.current;
    known.current.count = count;
    if (count > before && (near || (own && before > 0))) story.current?.scrollIntoView({ block: 'end' });
  }, [count, own, story]);
  useEffect(() => {
    const look = (): void => {
      const bottom = story.current?.getBoundingClientRect().bottom ?? 0;
      known.current.near = bottom - window.innerHeight < NEAR_PX;
    };
    window.addEventListener('scroll', look, { passive: true });
    return () => window.removeEventListener('scroll', look);
  }, [story]);
}
