/** Comparing what somebody shows with a secret, in a time that tells nothing about it. */
import { createHash, timingSafeEqual } from 'node:crypto';

export function isSameSecret(given: string, own: string): boolean {
  return timingSafeEqual(digest(given), digest(own));
}

/** Of one length, whatever is compared. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
