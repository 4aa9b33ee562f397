/** Why workers stopped taking part, from what the run tells: a worker that was lost is told of before it is missed. */
import type { RECOVERY_CAUSES } from '../../core/metrics/coordinator-metrics.js';
import type { NewEvent } from '../events/event-line.js';

export type RecoveryCause = (typeof RECOVERY_CAUSES)[number];

export interface RecoveryWatch {
  /** @returns what this event makes the run get over. */
  add(event: NewEvent): RecoveryCause[];
}

export function watchRecoveries(): RecoveryWatch {
  let members: readonly string[] = [];
  const gone = new Map<string, RecoveryCause>();
  return {
    add(event) {
      switch (event.kind) {
        case 'runStarted':
          return new Array<RecoveryCause>(event.incarnation - 1).fill('coordinator_restarted');
        case 'runWentBack':
          return ['went_back'];
        case 'workerLeft':
          gone.set(event.worker, 'worker_lost');
          return [];
        case 'workerExpelled':
          gone.set(event.worker, 'worker_expelled');
          return [];
        case 'generationChanged': {
          const missing = members.filter((worker) => !event.workers.includes(worker));
          const causes = missing.map((worker) => gone.get(worker) ?? 'worker_left');
          members = event.workers;
          gone.clear();
          return causes;
        }
        default:
          return [];
      }
    },
  };
}
