/** The result of a run, pulled from a worker; from another one when that is lost. */
import { ProspectError } from '../../core/errors.js';
import type { Effect } from '../machine/effects.js';
import { saveTrained } from '../output/save-trained.js';
import type { DriverContext } from './context.js';
import { pullState } from './pull-state.js';
import { verifiedValues } from './verified-values.js';

export interface SavedResult {
  /** Folder of the adapter or model. */
  readonly folder: string;
  /** Of its safetensors file, hex. */
  readonly sha256: string;
  /** SHA-256 of the flat trainable parameters, hex. */
  readonly parameterDigest: string;
}

type Finished = Extract<Effect, { kind: 'finished' }>;

/** @throws WORKER_LOST when no worker could give it, STORAGE when it can't be written. */
export async function saveResult(order: Finished, context: DriverContext): Promise<SavedResult> {
  let lost = new ProspectError('WORKER_LOST', 'no worker is left to save from');
  for (const session of order.sessions) {
    try {
      return await saveFrom(session, order, context);
    } catch (error) {
      if (!(error instanceof ProspectError) || error.code !== 'WORKER_LOST') throw error;
      context.log.warn({ session }, error.message);
      lost = error;
    }
  }
  throw lost;
}

async function saveFrom(
  session: number,
  { step, parameterDigest }: Finished,
  { config, links, security, over, first, log }: DriverContext,
): Promise<SavedResult> {
  const link = links.get(session);
  if (!link) throw new ProspectError('WORKER_LOST', 'the worker is gone');
  const pulled = await pullState(link, { step, parametersOnly: true }, security, over);
  try {
    const values = verifiedValues(pulled.parameters, parameterDigest, link.workerId);
    const saved = await saveTrained({ config, parameters: first()!.loaded.parameters, values });
    const result = { ...saved, parameterDigest };
    log.debug(result, 'result saved');
    return result;
  } finally {
    pulled.close();
  }
}
