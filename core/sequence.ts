/** Prompt and completion as one sequence of at most maxLength tokens, never without a completion. */

export interface SequenceLimits {
  readonly maxLength: number;
  /** keepStart cuts the completion at its end; keepEnd cuts the prompt at its start first. */
  readonly truncation: 'keepStart' | 'keepEnd';
}

export interface Sequence {
  readonly tokenIds: Uint32Array;
  /** Tokens before the completion. */
  readonly promptLength: number;
}

/** True for a prompt that leaves no room for a completion: such rows have no place in the dataset. */
export function fillsSequence(promptLength: number, limits: SequenceLimits): boolean {
  return limits.truncation === 'keepStart' && promptLength >= limits.maxLength;
}

/** @param completion at least one token; with keepStart the prompt is shorter than maxLength (see fillsSequence) */
export function assembleSequence(prompt: Uint32Array, completion: Uint32Array, limits: SequenceLimits): Sequence {
  const keptPrompt = limits.truncation === 'keepEnd' ? promptEnd(prompt, completion.length, limits.maxLength) : prompt;
  const keptCompletion = completion.subarray(0, limits.maxLength - keptPrompt.length);
  const tokenIds = new Uint32Array(keptPrompt.length + keptCompletion.length);
  tokenIds.set(keptPrompt);
  tokenIds.set(keptCompletion, keptPrompt.length);
  return { tokenIds, promptLength: keptPrompt.length };
}

/** The end of the prompt beside which the completion fits; at least one token, which predicts the completion's first. */
function promptEnd(prompt: Uint32Array, completionLength: number, maxLength: number): Uint32Array {
  const kept = Math.min(prompt.length, Math.max(1, maxLength - completionLength));
  return prompt.subarray(prompt.length - kept);
}
