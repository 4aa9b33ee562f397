/** What the machine decided: a log line each for a person, an event for programs. */
import type { Effect } from '../machine/effects.js';
import type { JournalSummary } from '../machine/types.js';
import type { RunLog } from '../run-log.js';
import type { DriverContext } from './context.js';

type News = Extract<
  Effect,
  {
    kind: 'membersChanged' | 'expelled' | 'paused' | 'resumed' | 'alarm' | 'stale' | 'disconnect' | 'held' | 'released';
  }
>;

export function tellNews(news: News, { log, now, events }: Pick<DriverContext, 'log' | 'now' | 'events'>): void {
  switch (news.kind) {
    case 'membersChanged': {
      const { generation, members } = news;
      const workers = members.map(({ workerId }) => workerId);
      log.info({ generation, members: workers }, 'members');
      events.tell({ kind: 'generationChanged', generation, workers });
      break;
    }
    case 'expelled': {
      const { session, workerId: worker, reason } = news;
      log.warn({ worker, reason }, 'worker thrown out; it heals');
      events.tell({ kind: 'workerExpelled', worker, session, reason });
      break;
    }
    case 'disconnect': {
      const { session, workerId: worker, reason } = news;
      log.warn({ worker, reason }, 'session ended');
      events.tell({ kind: 'workerLeft', worker, session, reason });
      break;
    }
    case 'paused': {
      const { workers, min, deadlineMs } = news;
      const seconds = Math.round((deadlineMs - now()) / 1000);
      const message = `paused: ${workers} of at least ${min} workers are there; the run ends in ${seconds} s`;
      log.warn({ workers, min }, message);
      events.tell({ kind: 'runPaused', because: 'tooFewWorkers', message });
      break;
    }
    case 'resumed':
      log.info({ workers: news.workers }, 'training');
      events.tell({ kind: 'runResumed', workers: news.workers });
      break;
    case 'held': {
      const message = `paused by command, after step ${news.step}: prospect resume goes on`;
      log.warn({ step: news.step }, message);
      events.tell({ kind: 'runPaused', because: 'command', message });
      break;
    }
    case 'released':
      log.info({ step: news.step }, 'the run goes on by command');
      events.tell({ kind: 'runResumed', workers: news.workers });
      break;
    case 'alarm':
      log.warn({}, news.message);
      events.tell({ kind: 'alarm', alarm: 'cluster', message: news.message });
      break;
    case 'stale':
      log.debug({ session: news.session, message: news.what }, 'stale message dropped');
  }
}

/** Commands of earlier days go over the configuration: whoever starts a coordinator is told. */
export function tellSteering({ isHeld, limits, learningRates }: JournalSummary, log: RunLog): void {
  if (isHeld) log.warn({}, 'this run was paused by command, and waits: prospect resume goes on');
  if (limits) log.warn(limits, `workers.min is ${limits.min} and workers.max ${limits.max}, as set by command`);
  for (const { fromStep, learningRate } of learningRates) {
    log.warn({}, `the peak learning rate is ${learningRate} from step ${fromStep} on, as set by command`);
  }
}
