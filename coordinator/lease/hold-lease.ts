/** The lease of a coordinator that leads: whether it may still write, and when it has been replaced. */
import { withResolvers } from '../../core/async-queue.js';
import type { ProspectError } from '../../core/errors.js';
import { leaseLost } from '../journal/fence.js';
import type { RunLog } from '../run-log.js';
import type { KeepLease, KeptLease, LeaseNews } from './keep-lease.js';
import { monotonicMs } from './monotonic.js';

export interface HeldLease {
  /** At once while the lease lasts; otherwise when its renewal has an answer. @throws LEASE_LOST */
  mayWrite(): Promise<void>;
  /** Fulfilled with LEASE_LOST when somebody else leads. */
  readonly lost: Promise<ProspectError>;
  release(): Promise<void>;
}

/**
 * While NATS can't be asked, training goes on: nobody else can take over then but by a way to NATS that this machine has
 * not, and that the journal shows.
 */
export function holdLease(lease: KeptLease, keep: KeepLease, log: Pick<RunLog, 'warn' | 'info'>): HeldLease {
  const lost = withResolvers<ProspectError>();
  let loss: ProspectError | undefined;
  let untilMs = monotonicMs();
  let isUnknown = false;
  let heard = withResolvers<void>();
  const hear = (news: LeaseNews) => {
    if (news.kind === 'taken') {
      loss = leaseLost(`it is held by ${news.by}`);
      lost.resolve(loss);
    } else {
      tellChange(news);
      untilMs = news.untilMs;
    }
    heard.resolve();
    heard = withResolvers();
  };
  const tellChange = (news: LeaseNews) => {
    if (news.kind === 'unknown' && !isUnknown)
      log.warn({}, `the lease can’t be renewed: ${news.why}; training goes on`);
    if (news.kind === 'held' && isUnknown) log.info({}, 'the lease is renewed again');
    isUnknown = news.kind === 'unknown';
  };
  const keeper = keep(lease, hear);
  return {
    async mayWrite() {
      while (!loss && monotonicMs() >= untilMs) await heard.promise;
      if (loss) throw loss;
    },
    lost: lost.promise,
    release: () => (loss ? keeper.close() : keeper.release()),
  };
}
