/** The data of the step at work: its rows, and the scores that arrived, whoever sent them. */
import { needsReference, type ReferencePoint, referencePoint } from '../../core/kto.js';
import type { SequenceScore } from '../../proto/gen/prospect/v1/coordinator.js';
import { checkScores, completeScores, type KnownReference, keepScores, noScores } from '../batch.js';
import { rowsNotFinite } from '../finite.js';
import type { ComputingSeconds } from '../metrics/step-record.js';
import { type PlannedStep, sftScaleOf } from '../plan-step.js';
import { known, type ReferenceTable } from '../reference-cache/table.js';
import type { DriverContext } from './context.js';

/** Of a microbatch of mismatched pairs, or of a leaf. */
export type ScoreKind = 'mismatched' | 'leaf';

export interface Offer {
  readonly session: number;
  readonly what: ScoreKind;
  readonly number: number;
  readonly scores: readonly SequenceScore[];
  /** What it took; 0 for what was there already. */
  readonly computeMs: number;
}

export interface StepAtWork {
  readonly step: number;
  readonly attempt: number;
  readonly plan: PlannedStep;
  readonly sftScale: number;
  readonly referenceOfRow: KnownReference;
  readonly referenceOfPair: KnownReference;
  /**
   * Scores that came, until the machine says whether they count.
   * @returns rows whose scores are not finite.
   * @throws PROTOCOL for scores that are not those of this microbatch.
   */
  offer(offer: Offer): number[];
  /** What this session offered counts. */
  accept(session: number, what: ScoreKind, number: number): void;
  /** Over the whole global batch, in example order. All pairs must be there. */
  referencePoint(): ReferencePoint;
  /** In the order of the global batch. All leaves must be there. */
  scores(): SequenceScore[];
  /** Of each worker that took part. */
  computingSeconds(): ComputingSeconds[];
  /** In the order of the mismatched pairs. All must be there. */
  pairScores(): SequenceScore[];
}

type Sources = Pick<DriverContext, 'config' | 'references' | 'common'>;

export function createStep(
  step: number,
  attempt: number,
  plan: PlannedStep,
  { config, references, common }: Sources,
): StepAtWork {
  const { matched, mismatched, pairPlaces } = plan;
  const { train } = references;
  const others = attempt === 0 ? common?.table : undefined;
  const isFull = config.method === 'full';
  const reference = needsReference(config.loss.type);
  const kinds = {
    mismatched: { batch: mismatched, scores: noScores(mismatched), asked: { policy: true, reference: true } },
    leaf: { batch: matched, scores: noScores(matched), asked: { policy: true, reference } },
  };
  const offers = new Map<string, Offer>();
  const computing = new Map<number, ComputingSeconds>();
  // Full fine-tuning has no other source: what is not finite there goes out as it is, and its row is then set aside.
  const lookUp = (kind: keyof ReferenceTable, index: number) => {
    const values = train[kind];
    if (isFull && reference && values.length > 0) return values[index];
    return known(values, index) ?? (others && known(others[kind], index));
  };
  return {
    step,
    attempt,
    plan,
    sftScale: sftScaleOf(matched),
    referenceOfRow: (position) => lookUp('matched', matched.sequences[position]!.row),
    referenceOfPair: (position) => lookUp('mismatched', pairPlaces[position]!),
    offer(offer) {
      const { session, what, number, scores } = offer;
      checkScores(kinds[what].batch, number, scores);
      offers.set(`${session} ${what} ${number}`, offer);
      return rowsNotFinite(scores, kinds[what].asked);
    },
    accept(session, what, number) {
      const { batch, scores } = kinds[what];
      const offer = offers.get(`${session} ${what} ${number}`)!;
      keepScores(batch, number, offer.scores, scores);
      const before = computing.get(session) ?? { scores: 0, gradients: 0 };
      const phase = what === 'leaf' ? 'gradients' : 'scores';
      computing.set(session, { ...before, [phase]: before[phase] + offer.computeMs / 1000 });
    },
    computingSeconds: () => [...computing.values()],
    referencePoint: () =>
      referencePoint(completeScores(kinds.mismatched.scores).map((score) => score.policyLogp - score.referenceLogp)),
    scores: () => completeScores(kinds.leaf.scores),
    pairScores: () => completeScores(kinds.mismatched.scores),
  };
}
