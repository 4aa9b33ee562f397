/** Events of a run as a sentence, and whether it is good, bad, or to be looked at. */
import { count, duration, mebibytes, percent, short } from './format.js';

const WORDS = {
  runStarted: ({ incarnation, totalSteps, afterStep }) =>
    incarnation === 1
      ? [totalSteps === null ? 'The run begins' : `The run begins: ${count(totalSteps)} steps`]
      : [`The coordinator was started again; the run goes on after step ${count(afterStep)}`, 'beware'],
  leaseTaken: ({ holder }) => [`${holder} leads`],
  leaseLost: ({ holder }) => [`${holder} leads no more`, 'beware'],
  runPaused: ({ message }) => [`Paused: ${message}`, 'beware'],
  runResumed: ({ workers }) => [`Training with ${count(workers)} ${workers === 1 ? 'worker' : 'workers'}`, 'good'],
  runWentBack: ({ step, again }) => [
    `Went back to step ${count(step)}; ${count(again)} steps are made again with the same bits`,
    'beware',
  ],
  runFinished: ({ step, folder }) => [`Finished after step ${count(step)}; the result is in ${folder}`, 'good'],
  runStopped: ({ step, reason }) => [`Stopped after step ${count(step)}: ${reason}`, 'beware'],
  runFailed: ({ message }) => [`Failed: ${message}`, 'bad'],
  evaluation: ({ step, metrics }) => [
    `Held-out rows after step ${count(step)}: loss ${short(metrics.loss)}, margin ${short(metrics['rewards/margins'])}, ` +
      `accuracy ${percent(metrics.accuracy, 1)}`,
  ],
  alarm: ({ message }) => [message, 'beware'],
  rowsSetAside: ({ rows, reason }) => [
    `Left out from now on (${reason}): ${rows.map(({ file, line }) => `${file}:${line}`).join(', ')}`,
    'beware',
  ],
  workerJoined: ({ worker }) => [`${worker} joined`, 'good'],
  workerLeft: ({ worker, reason }) => [`${worker} is gone: ${reason}`, 'beware'],
  workerExpelled: ({ worker, reason }) => [`${worker} gave other bits and heals: ${reason}`, 'bad'],
  generationChanged: ({ workers }) => [
    workers.length === 0 ? 'Nobody computes' : `${workers.join(', ')} ${workers.length === 1 ? 'computes' : 'compute'}`,
  ],
  snapshotWritten: ({ step, bytes }) => [`Snapshot of step ${count(step)} (${mebibytes(bytes)})`, 'good'],
  snapshotVerified: ({ step }) => [`Snapshot of step ${count(step)} read back and intact`, 'good'],
  snapshotFailed: ({ step, during, reason }) => [
    `Snapshot of step ${count(step)} failed while ${during}: ${reason}`,
    'bad',
  ],
  command: ({ command, outcome, says }) => [
    `Command ${command}, ${outcome}: ${says}`,
    outcome === 'refused' ? 'beware' : '',
  ],
  feedbackIdle: ({ message }) => [message, 'beware'],
  feedbackResumed: ({ seconds }) => [`The rows for the next step have come, after ${duration(seconds)}`, 'good'],
  gap: ({ lost }) => [`${count(lost)} events were dropped on their way to NATS`, 'beware'],
};

/** Kinds of later versions are shown by their name. */
export function wordsOf(event) {
  const [text, tone = ''] = WORDS[event.kind]?.(event) ?? [event.kind];
  return { text, tone };
}
