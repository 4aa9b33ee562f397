/** Runs the trainers in turn on one workload. */
import { loadavg } from 'node:os';
import { ProspectError } from '../../core/errors.js';
import { type Measurement, type Method, median, type Trainer, WARM_UP_STEPS } from './measurement.js';
import { type ProspectResult, trainTimes } from './prospect.js';
import { type Device, THREADS } from './settings.js';
import { type TrlTrainer, trainWithTrl } from './trl.js';
import type { Workload } from './workload.js';

/** One entry is one run of one program; Prospect's gives two measurements. */
export type Contender = 'prospect' | TrlTrainer;

/** @throws what the program said, when it fails. */
export async function measure(
  contender: Contender,
  method: Method,
  workload: Workload,
  {
    session,
    python,
    device,
  }: { readonly session: string; readonly python: string | undefined; readonly device: Device },
): Promise<Measurement[]> {
  const common = { session, method, threads: THREADS, load: loadavg()[0]! };
  if (contender === 'prospect')
    return (await measureProspect(method, workload, device)).map((part) => ({ ...common, ...part }));
  const { stepSeconds, losses, aheadSeconds, peakBytes, lengths } = await trainWithTrl(python!, {
    ...workload,
    method,
    trainer: contender,
    device,
  });
  checkLengths(workload, lengths);
  return [{ ...common, trainer: contender, stepSeconds, losses, aheadSeconds, peakBytes, phaseSeconds: {} }];
}

type Part = Omit<Measurement, 'session' | 'method' | 'threads' | 'load'>;

/**
 * An adapter's first run computes the reference as its steps meet it; a second one, as with another learning rate, finds it
 * in the cache. In full fine-tuning all of it is computed ahead, so one run gives both: with that time shared out among the
 * steps, and without.
 */
async function measureProspect(method: Method, workload: Workload, device: Device): Promise<Part[]> {
  const job = { ...workload, method, epochs: 1, workers: 1, threads: THREADS, device };
  const results = await trainTimes(job, method === 'lora' ? 2 : 1);
  const [first, last] = [results[0]!, results.at(-1)!];
  const share = first.aheadSeconds / first.steps.length;
  return [partOf('prospect', first, share), { ...partOf('prospect-known', last, 0), aheadSeconds: 0 }];
}

function partOf(trainer: Trainer, result: ProspectResult, share: number): Part {
  const { steps } = result;
  const timed = steps.slice(WARM_UP_STEPS);
  const phases = Object.keys(steps[0]!.phases);
  return {
    trainer,
    stepSeconds: steps.map(({ seconds }) => seconds + share),
    losses: steps.map(({ loss }) => loss),
    aheadSeconds: result.aheadSeconds,
    peakBytes: result.peakBytes,
    mainThreadLagMs: result.mainThreadLagMs,
    phaseSeconds: {
      ...(share > 0 && { reference_ahead: share }),
      ...Object.fromEntries(phases.map((phase) => [phase, median(timed.map((step) => step.phases[phase] ?? 0))])),
    },
  };
}

/** The same rows must be the same tokens for everybody, or rates do not compare. */
function checkLengths({ lengths }: Workload, theirs: readonly number[]): void {
  const differing = lengths.findIndex(({ prompt, completion }, row) => prompt + completion !== theirs[row]);
  if (differing === -1 && theirs.length === lengths.length) return;
  const ours = lengths[differing];
  const counts = ours ? `${ours.prompt + ours.completion} and ${theirs[differing]} tokens` : `${theirs.length} rows`;
  throw new ProspectError('INTERNAL', `row ${differing} is not the same for both trainers: ${counts}`);
}
