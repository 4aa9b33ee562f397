/** After the last step: the last evaluation, the result on the disk, and the journal's word that nothing is left to do. */
import { ProspectError } from '../../core/errors.js';
import type { Effect } from '../machine/effects.js';
import { saveResult } from './save-result.js';
import type { Work } from './work.js';

/**
 * Answers with `saved`, or with `saveFailed` when the workers are gone that could give the result.
 * @throws STORAGE
 */
export async function finish(order: Extract<Effect, { kind: 'finished' }>, work: Work): Promise<void> {
  const { context, planner, publisher, committer, journal } = work;
  work.finishing = new AbortController();
  const { signal } = work.finishing;
  try {
    await planner.evaluateAfter(order.step, signal);
    await publisher.finish(order.step);
    work.saved = await saveResult(order, context);
    await committer.settled();
    await journal.append({ kind: 'finished', step: order.step, parameterDigest: order.parameterDigest });
    context.loop().post({ kind: 'saved' });
  } catch (error) {
    const isLost = error instanceof ProspectError && error.code === 'WORKER_LOST';
    if (!isLost && !signal.aborted) throw error;
    context.loop().post({ kind: 'saveFailed' });
  }
}
