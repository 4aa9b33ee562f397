/** The panels of the dashboard, row by row. */
import { mean, ofWorkers, quantile, RATE, RUN, run } from './expressions.js';
import { type Row, series, stacked, stat } from './panel.js';

export const ROWS: readonly Row[] = [
  {
    title: 'The run',
    panels: [
      stat('Phase', 'short', 'What the run is at.', [`${run('prospect_run_phase')} == 1`, '{{phase}}']),
      stat('Progress', 'percentunit', 'Committed steps of all.', [
        `${run('prospect_committed_step')} / ${run('prospect_planned_steps')}`,
        'steps',
      ]),
      stat('Time left', 's', 'At the pace of the last minutes.', [
        `(${run('prospect_planned_steps')} - ${run('prospect_committed_step')}) * (${mean('prospect_step_duration_seconds')})`,
        'left',
      ]),
      stat(
        'Workers',
        'short',
        'Who takes part, and how many have to.',
        [run('prospect_workers', 'state="active"'), 'active'],
        [run('prospect_workers_minimum'), 'minimum'],
      ),
      stat('Alarms', 'short', 'What goes wrong now: 1.', [run('prospect_alarm'), '{{alarm}}']),
      stat('Rows set aside', 'short', 'Log-probs that were not finite.', [run('prospect_set_aside_examples'), 'rows']),
    ],
  },
  {
    title: 'Learning',
    panels: [
      series(
        'Loss',
        'short',
        'Of the steps, and of the held-out rows.',
        [run('prospect_loss'), 'step'],
        [run('prospect_evaluation_loss'), 'held out'],
      ),
      series(
        'Rewards',
        'short',
        'Desirable should rise or stay, undesirable fall; both falling is a learning rate that is too high.',
        [run('prospect_reward'), '{{class}}'],
        [run('prospect_reward_margin'), 'margin'],
        [run('prospect_evaluation_reward_margin'), 'margin, held out'],
      ),
      series(
        'Reference point',
        'short',
        'z0 raw with one standard error to each side, and as the loss uses it; below 0 it is clamped.',
        [run('prospect_reference_point_nats'), 'used'],
        [run('prospect_reference_point_raw_nats'), 'raw'],
        [
          `${run('prospect_reference_point_raw_nats')} + ${run('prospect_reference_point_standard_error_nats')}`,
          'raw + error',
        ],
        [
          `${run('prospect_reference_point_raw_nats')} - ${run('prospect_reference_point_standard_error_nats')}`,
          'raw − error',
        ],
        [run('prospect_reference_point_clamped'), 'clamped'],
      ),
      series(
        'Saturation and accuracy',
        'percentunit',
        'Rows that hardly move the loss any more; held-out rows that are judged rightly.',
        [run('prospect_saturation_ratio'), 'saturated'],
        [run('prospect_evaluation_accuracy_ratio'), 'accuracy, held out'],
      ),
      series('Gradient norm', 'short', 'Before clipping.', [run('prospect_gradient_norm'), 'norm']),
      series('Learning rate', 'sci', 'Of the schedule.', [run('prospect_learning_rate'), 'learning rate']),
      series(
        'Log-probs and entropy',
        'short',
        'Nats; log-probs of whole completions, entropy of a token.',
        [run('prospect_log_prob_nats'), '{{class}}'],
        [run('prospect_entropy_nats'), 'entropy'],
      ),
      series('Passes over the rows', 'short', 'Epochs.', [run('prospect_epoch'), 'epoch']),
    ],
  },
  {
    title: 'Speed',
    panels: [
      series(
        'Duration of a step',
        's',
        'Half of them, nine of ten, and 99 of 100 take no longer.',
        [quantile(0.5, 'prospect_step_duration_seconds'), 'p50'],
        [quantile(0.9, 'prospect_step_duration_seconds'), 'p90'],
        [quantile(0.99, 'prospect_step_duration_seconds'), 'p99'],
      ),
      stacked('Phases of a step', 's', 'Mean of each; together they are the step.', [
        mean('prospect_step_phase_duration_seconds'),
        '{{phase}}',
      ]),
      series(
        'Computing',
        's',
        'In the last step: the busiest worker, and all on average. What lies between them is uneven work.',
        [run('prospect_step_busiest_compute_seconds'), 'busiest'],
        [run('prospect_step_mean_compute_seconds'), 'mean'],
      ),
      stacked('Rows', 'suffix: rows/s', 'By class.', [`rate(prospect_examples_total${RUN}${RATE})`, '{{class}}']),
      series('Tokens', 'short', 'A second.', [`rate(prospect_tokens_total${RUN}${RATE})`, 'tokens/s']),
      series('Steps', 'short', 'A second; those made again do not count.', [
        `rate(prospect_steps_total${RUN}${RATE})`,
        'steps/s',
      ]),
    ],
  },
  {
    title: 'Workers',
    panels: [
      stacked('States', 'short', 'Connected workers.', [run('prospect_workers'), '{{state}}']),
      series('Speed', 'percentunit', 'Of each worker over the mean; work is shared by it.', [
        run('prospect_worker_speed_ratio'),
        '{{worker}}',
      ]),
      stacked('What workers do', 'percentunit', 'Share of their time; the rest is waiting.', [
        `avg by (phase) (${ofWorkers(`rate(prospect_worker_job_duration_seconds_sum${RATE})`)})`,
        '{{phase}}',
      ]),
      series('All-reduce', 'Bps', 'Bytes over the time in reductions, waiting for others included.', [
        ofWorkers(
          `(sum by (job, instance) (rate(prospect_worker_all_reduce_bytes_total${RATE})) / rate(prospect_worker_all_reduce_seconds_total${RATE}))`,
        ),
        '{{worker}}',
      ]),
      series('Traffic of gradients', 'Bps', 'Of all workers.', [
        `sum by (direction) (${ofWorkers(`rate(prospect_worker_all_reduce_bytes_total${RATE})`)})`,
        '{{direction}}',
      ]),
      series('Memory of the engine', 'bytes', 'Tensors, after the last job.', [
        ofWorkers('prospect_worker_engine_memory_bytes'),
        '{{worker}}',
      ]),
      series(
        'Recoveries',
        'short',
        'Since the coordinator started; its own restarts since the run began.',
        [run('prospect_recoveries_total'), '{{cause}}'],
        [run('prospect_steps_again_total'), 'steps made again'],
      ),
      series(
        'Waiting',
        'short',
        'Microbatches of the step at work, and jobs that workers were given.',
        [run('prospect_waiting_microbatches'), '{{kind}}'],
        [`sum(${ofWorkers('prospect_worker_waiting_jobs')})`, 'at workers'],
      ),
    ],
  },
  {
    title: 'Safety',
    panels: [
      series('Age of the last snapshot', 's', 'Before the first one: since the coordinator started.', [
        `time() - ${run('prospect_snapshot_timestamp_seconds')}`,
        'age',
      ]),
      series('Duration of snapshots', 's', 'Training goes on meanwhile.', [
        mean('prospect_snapshot_duration_seconds'),
        'mean',
      ]),
      series('Size of a snapshot', 'bytes', 'Of the last one.', [run('prospect_snapshot_size_bytes'), 'size']),
      series('Snapshots that failed', 'short', 'Since the coordinator started.', [
        run('prospect_snapshot_failures_total'),
        '{{during}}',
      ]),
      series(
        'Disk',
        'bytes',
        'With the output folder.',
        [run('prospect_disk_free_bytes'), 'free'],
        [run('prospect_disk_size_bytes'), 'size'],
      ),
      series('Events for NATS', 'short', 'Not acknowledged yet; nothing without NATS.', [
        run('prospect_events_waiting'),
        'waiting',
      ]),
    ],
  },
  {
    title: 'Processes',
    panels: [
      series(
        'Lag of the event loop',
        's',
        'Of the coordinator, and the worst of the workers: 99 of 100 turns came no later.',
        [run('nodejs_eventloop_lag_p99_seconds'), 'coordinator'],
        [`max(${ofWorkers('nodejs_eventloop_lag_p99_seconds')})`, 'worst worker'],
      ),
      series(
        'Memory',
        'bytes',
        'Resident.',
        [run('process_resident_memory_bytes'), 'coordinator'],
        [ofWorkers('process_resident_memory_bytes'), '{{worker}}'],
      ),
      series(
        'Processor',
        'short',
        'Cores.',
        [`rate(process_cpu_seconds_total${RUN}${RATE})`, 'coordinator'],
        [ofWorkers(`rate(process_cpu_seconds_total${RATE})`), '{{worker}}'],
      ),
    ],
  },
];
