/** What workers say, as the machine's events: scores stay here, the machine hears whose are not finite. */
import type {
  HeldState as HeldMessage,
  LeafReport,
  MismatchedReport,
} from '../../proto/gen/prospect/v1/coordinator.js';
import type { WorkerNews } from '../machine/events.js';
import type { HeldState } from '../machine/types.js';
import type { Incoming } from '../worker-link.js';
import type { StepAtWork } from './step-at-work.js';

/** Messages that say something about a step or a worker's state. */
export type Report = Exclude<Incoming, { $case: 'join' | 'ready' | 'scoreReport' | 'failure' }>;

/** @throws PROTOCOL for scores that are not those of their microbatch. */
export function newsOf(session: number, report: Report, work: StepAtWork | undefined): WorkerNews {
  switch (report.$case) {
    case 'mismatchedReport': {
      const { generation, step, attempt, microbatch, scores, computeMs } = report.value;
      const offer = { session, what: 'mismatched', number: microbatch, scores, computeMs } as const;
      const notFinite = isOfStep(report.value, work) ? work.offer(offer) : [];
      return { kind: 'mismatchedReport', generation, step, attempt, microbatch, notFinite };
    }
    case 'leafReport': {
      const { scores, ...leafReport } = report.value;
      const { leaf: number, computeMs } = leafReport;
      const offer = { session, what: 'leaf', number, scores, computeMs } as const;
      const notFinite = isOfStep(report.value, work) ? work.offer(offer) : [];
      return { kind: 'leafReport', ...leafReport, notFinite };
    }
    case 'reducedReport': {
      const { norm, ...reduced } = report.value;
      return { kind: 'reducedReport', ...reduced, norm: Number.isFinite(norm) ? norm : undefined };
    }
    case 'appliedReport':
      return { kind: 'appliedReport', ...report.value };
    case 'healedReport': {
      const { order, step, parameterDigest } = report.value;
      return { kind: 'healed', order, step, parameterDigest };
    }
    case 'behindReport': {
      const { order, reason } = report.value;
      return { kind: 'behind', order, reason };
    }
    case 'peerTrouble': {
      const { generation, peerSession } = report.value;
      return { kind: 'peerTrouble', generation, peer: peerSession };
    }
    case 'heartbeat':
      return { kind: 'heartbeat', ...report.value };
    case 'leaving':
      return { kind: 'leaving' };
  }
}

export function heldOf(held: HeldMessage | undefined): HeldState | undefined {
  if (!held) return undefined;
  const { appliedStep, parameterDigest, leaves, reduced } = held;
  return { appliedStep, parameterDigest, leaves, reduced };
}

/** A report of an earlier plan is for the machine to drop. */
function isOfStep(
  { step, attempt }: Pick<MismatchedReport | LeafReport, 'step' | 'attempt'>,
  work: StepAtWork | undefined,
): work is StepAtWork {
  return work?.step === step && work.attempt === attempt;
}
