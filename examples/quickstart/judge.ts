/**
 * Says whether an answer is what the example wants: polite and helpful. It knows nothing of the templates in `corpus.ts`; it looks
 * for what a reader would look for, on both sides, anywhere in the answer. Desirable means all of:
 *
 * 1. *whole*: 8 words or more, ends like a sentence, no word three times in a row (what an undertrained model babbles);
 * 2. *courteous*: thanks, an apology, understanding, or an offer to help;
 * 3. *helpful*: a next step for the customer, or a promise of what will be done;
 * 4. *not dismissive*: nothing that sends the customer away, however polite the rest ("Sorry, but that is not my problem").
 */

const LEAST_WORDS = 8;

const COURTEOUS = [
  /\bthank(s| you)\b(?! for nothing)/,
  /\b(sorry|apolog(y|ies|ise|ize))\b/,
  /\bi understand\b/,
  /\b(happy|glad|pleased) to (help|look into)\b(?! (somebody|someone) else)/,
  /\bof course i can\b/,
  /\bhave a (nice|good|great) day\b/,
];

const HELPFUL = [
  /\b(please|you can|if you|just|once you|(only|just) (have|need) to) (?!stop\b|do not\b|cannot\b|accept\b)[a-z]+ /,
  /\b(we|i|team|workshop|technicians|money) will (?!not\b)[a-z]+/,
];

const DISMISSIVE = [
  /\bnot (my|our) (problem|job|business)\b/,
  /\b(stop|quit) (asking|bothering|writing|calling)\b/,
  /\b(do not|don't) (care|write again|expect)\b/,
  /\bnobody (here|will|has|cares)\b/,
  /\b(your own fault|live with it|too bad|thank you for nothing|not this again)\b/,
  /\b(better things to do|waste of time|should have thought)\b/,
  /\b(bother|ask|annoy|help) (somebody|someone) else\b/,
  /\bdeal with [a-z ]* ?yourself\b/,
  /\b(will|to) (not look|ignore)\b/,
];

/** True for a polite and helpful answer; false for a brush-off and for what is neither (empty, cut off, garbage). */
export function isDesirable(answer: string): boolean {
  const text = answer.trim().toLowerCase();
  const says = (cues: readonly RegExp[]) => cues.some((cue) => cue.test(text));
  return isWhole(text) && says(COURTEOUS) && says(HELPFUL) && !says(DISMISSIVE);
}

function isWhole(text: string): boolean {
  const words = text.match(/[a-z']+/g) ?? [];
  const stutters = words.some((word, index) => word === words[index + 1] && word === words[index + 2]);
  return words.length >= LEAST_WORDS && /[.!?]$/.test(text) && !stutters;
}
