/** What the coordinator tells Prometheus: the training itself, who takes part in it, and how safe it is. */
import { counter, gauge, histogram } from './definition.js';

/** From a toy model's step to one of hours; a phase of it can be far shorter. */
const STEP_SECONDS = [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500];
const PHASE_SECONDS = [0.001, 0.0025, 0.005, 0.01, ...STEP_SECONDS];
const SNAPSHOT_SECONDS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000];

const CLASS = { class: ['desirable', 'undesirable'] } as const;

export const RUN_PHASES = [
  'preparing',
  'waiting',
  'restoring',
  'training',
  'held',
  'saving',
  'stopping',
  'ended',
] as const;
export const WORKER_STATES = ['loading', 'ready', 'healing', 'following', 'active', 'leaving'] as const;
export const STEP_PHASES = ['reference_point', 'gradients', 'reduce', 'update'] as const;
export const RECOVERY_CAUSES = [
  'worker_lost',
  'worker_left',
  'worker_expelled',
  'coordinator_restarted',
  'went_back',
] as const;
/** Seen in the steps' metrics; `cluster` are the others. */
export const ALARMS = ['both_rewards_falling', 'saturated', 'clamped'] as const;

export const COORDINATOR_METRICS = {
  runInfo: gauge('prospect_run_info', 'Always 1; its labels say which run it is.', {
    run: 'id of the run',
    method: ['lora', 'full'],
    loss: ['kto', 'apo_zero_unpaired', 'sft'],
    version: 'of Prospect',
  }),
  runPhase: gauge('prospect_run_phase', '1 for the phase that the run is in, 0 for the others.', { phase: RUN_PHASES }),
  incarnation: gauge('prospect_coordinator_incarnation', 'Times that a coordinator took up this run.'),
  generation: gauge(
    'prospect_generation',
    'Number of the present set of workers; each coordinator begins anew, higher.',
  ),
  plannedSteps: gauge('prospect_planned_steps', 'Steps of the whole run.'),
  committedStep: gauge('prospect_committed_step', 'The last committed step; goes back when the run does.'),
  steps: counter('prospect_steps_total', 'Committed steps, each once, also over restarts of the coordinator.'),
  stepsAgain: counter('prospect_steps_again_total', 'Committed steps to be made again, after the run went back.'),
  skippedSteps: counter('prospect_skipped_steps_total', 'Steps without an update: the gradient was not finite.'),
  lastProgress: gauge(
    'prospect_last_progress_timestamp_seconds',
    'When the last step was committed; between steps, when evaluation or reference scoring last showed progress. Unix time.',
  ),
  epoch: gauge('prospect_epoch', 'Passes over the training rows so far.'),

  stepSeconds: histogram('prospect_step_duration_seconds', 'Wall-clock time of a step.', STEP_SECONDS),
  phaseSeconds: histogram(
    'prospect_step_phase_duration_seconds',
    'Wall-clock time of each phase of a step; `update` is that of the step before.',
    PHASE_SECONDS,
    { phase: STEP_PHASES },
  ),
  busiestSeconds: gauge(
    'prospect_step_busiest_compute_seconds',
    'What the busiest worker computed in the last step; the rest of its phases is orchestration.',
  ),
  meanSeconds: gauge('prospect_step_mean_compute_seconds', 'The same of all workers, on average.'),
  examples: counter('prospect_examples_total', 'Rows that steps were made of, by class; over restarts too.', CLASS),
  tokens: counter('prospect_tokens_total', 'Prompt and completion tokens of those rows; over restarts too.'),
  pairs: counter('prospect_unavoidable_pairs_total', 'Mismatched pairs that could not avoid this; over restarts too.', {
    with: ['own_completion', 'same_prompt'],
  }),
  waitingMicrobatches: gauge('prospect_waiting_microbatches', 'Of the step at work: not reported by a worker yet.', {
    kind: ['mismatched', 'leaf'],
  }),

  loss: gauge('prospect_loss', 'Of the last step.'),
  entropy: gauge('prospect_entropy_nats', 'Of the predicted distributions, a token.'),
  referencePoint: gauge('prospect_reference_point_nats', 'z0 as the loss used it: clamped at 0.'),
  rawReferencePoint: gauge('prospect_reference_point_raw_nats', 'z0 before the clamp.'),
  referencePointError: gauge('prospect_reference_point_standard_error_nats', 'Standard error of z0 before the clamp.'),
  clamped: gauge('prospect_reference_point_clamped', '1 when z0 of the last step was clamped.'),
  reward: gauge('prospect_reward', 'Mean reward of the last step’s rows; chosen and rejected in metrics.jsonl.', CLASS),
  rewardMargin: gauge('prospect_reward_margin', 'Mean reward of desirable rows less that of undesirable ones.'),
  logProb: gauge('prospect_log_prob_nats', 'Mean log-prob of the last step’s completions under the policy.', CLASS),
  saturation: gauge('prospect_saturation_ratio', 'Share of rows whose loss hardly reacts any more.'),
  gradientNorm: gauge('prospect_gradient_norm', 'Before clipping; NaN when it was not finite.'),
  learningRate: gauge('prospect_learning_rate', 'Of the last step.'),
  evaluationLoss: gauge('prospect_evaluation_loss', 'Of the held-out rows, at the last evaluation.'),
  evaluationAccuracy: gauge(
    'prospect_evaluation_accuracy_ratio',
    'Share of held-out rows whose reward has its label’s sign.',
  ),
  evaluationMargin: gauge('prospect_evaluation_reward_margin', 'As prospect_reward_margin, of the held-out rows.'),
  alarm: gauge('prospect_alarm', '1 while this goes wrong: what the log says of it, in words, is in events.jsonl.', {
    alarm: ALARMS,
  }),
  alarms: counter('prospect_alarms_total', 'Alarms that began.', { alarm: [...ALARMS, 'cluster'] }),
  setAside: gauge('prospect_set_aside_examples', 'Rows left out because their log-probs were not finite.'),

  workers: gauge('prospect_workers', 'Connected workers by what they are at.', { state: WORKER_STATES }),
  workersMinimum: gauge('prospect_workers_minimum', 'With fewer active workers the run pauses.'),
  workerSpeed: gauge(
    'prospect_worker_speed_ratio',
    'Measured speed of an active worker over the mean of all of them.',
    {
      worker: 'id of a worker that takes part now, 64 at most',
    },
  ),
  recoveries: counter('prospect_recoveries_total', 'What the run had to get over.', { cause: RECOVERY_CAUSES }),

  snapshotTime: gauge(
    'prospect_snapshot_timestamp_seconds',
    'When the last snapshot was written; before the first, when the coordinator started. Unix time.',
  ),
  snapshotStep: gauge('prospect_snapshot_step', 'Of the last snapshot; 0 before the first.'),
  snapshotBytes: gauge('prospect_snapshot_size_bytes', 'Of the last snapshot.'),
  snapshotSeconds: histogram(
    'prospect_snapshot_duration_seconds',
    'From the order to a snapshot that is safe on the disk; training goes on meanwhile.',
    SNAPSHOT_SECONDS,
  ),
  snapshotFailures: counter(
    'prospect_snapshot_failures_total',
    'Snapshots that could not be written, or are damaged.',
    {
      during: ['writing', 'reading'],
    },
  ),
  snapshotEverySteps: gauge('prospect_snapshot_interval_steps', 'As configured; absent without such a schedule.'),
  snapshotEverySeconds: gauge('prospect_snapshot_interval_seconds', 'As configured; absent without such a schedule.'),

  eventsWaiting: gauge('prospect_events_waiting', 'Events that NATS has not acknowledged; absent without NATS.'),
  diskFree: gauge('prospect_disk_free_bytes', 'Of the disk with the output folder.'),
  diskSize: gauge('prospect_disk_size_bytes', 'Of the disk with the output folder.'),
};
