/**
 * The run's configuration: one YAML file, strict. Every field has its unit, default and reason here;
 * the JSON schema for editors is made from the same object. Defaults are those of `docs/` and of the KTO paper.
 */
import { z } from 'zod';
import { LIVE_FIELDS } from './live.js';
import { MetricsSchema } from './metrics.js';
import { NatsSchema } from './nats.js';
import { PublishSchema } from './publish.js';
import { SamplesSchema } from './samples.js';

const path = z.string().min(1);
const positiveInt = z.int().positive();
const weight = z.union([z.literal('auto'), z.number().positive()]);

export const LoraSchema = z
  .strictObject({
    rank: positiveInt.default(16).describe('Rank r of the adapter matrices.'),
    alpha: z.number().positive().default(32).describe('Scale: the adapter counts alpha / rank.'),
    targets: z
      .union([z.literal('all-linear'), z.array(z.string().min(1)).min(1)])
      .default('all-linear')
      .describe('Linear layers that get an adapter, by the last part of their name, or all-linear.'),
    from: path.optional().describe('Folder of an adapter (PEFT layout) to continue; it is then also the reference.'),
  })
  .describe('The adapter, for method: lora.');

export const LossSchema = z
  .strictObject({
    type: z.enum(['kto', 'apo_zero_unpaired', 'sft']).default('kto').describe('Which loss is minimised.'),
    beta: z
      .number()
      .positive()
      .default(0.1)
      .describe('Strength of the pull to the reference; rewards are beta times the log-ratio.'),
    desirableWeight: weight.default(1).describe('Weight of good rows (λ_D), or auto: from the class counts.'),
    undesirableWeight: weight.default(1).describe('Weight of bad rows (λ_U), or auto: from the class counts.'),
    sftWeight: z
      .number()
      .nonnegative()
      .default(0)
      .describe('Adds this times the sft loss of the desirable rows to kto or apo_zero_unpaired.'),
  })
  .describe('The loss and its weights.');

export const DataSchema = z
  .strictObject({
    train: z
      .union([path, z.array(path).min(1)])
      .optional()
      .describe('JSONL file or files of feedback rows; required where source is files.'),
    ...LIVE_FIELDS,
    heldOut: z
      .union([z.number().min(0).lt(1), path, z.array(path).min(1)])
      .default(0)
      .describe(
        'Rows kept out of training for evaluation: a share of the training rows (0 to 1), or files of their own.',
      ),
    maxLength: z.int().min(2).default(1024).describe('Longest prompt plus completion, in tokens.'),
    truncation: z
      .enum(['keepStart', 'keepEnd'])
      .default('keepStart')
      .describe(
        'Rows over maxLength: keepStart cuts the completion at its end and drops rows whose prompt alone fills maxLength; keepEnd cuts the prompt at its start first.',
      ),
    order: z
      .enum(['shuffled', 'file'])
      .default('shuffled')
      .describe('Order of rows in an epoch; file is for parity with other trainers.'),
    pairing: z
      .enum(['drawn', 'rotate'])
      .default('drawn')
      .describe(
        'How a row gets another row’s completion for the reference point; rotate takes the row before it, for parity with other trainers.',
      ),
    pairs: z
      .enum(['perEpoch', 'fixed'])
      .default('perEpoch')
      .describe(
        'perEpoch draws each step’s pairs anew among its rows; fixed draws each row’s once among all rows, so that later epochs compute no reference log-probs.',
      ),
    badRows: z.int().nonnegative().default(100).describe('More unusable rows than this end the run.'),
    setAside: z
      .int()
      .nonnegative()
      .default(10)
      .describe(
        'Rows whose log-probs are not finite are left out from then on; more than this many end the run with a snapshot.',
      ),
  })
  .describe('The feedback rows.');

export const TrainingSchema = z
  .strictObject({
    seed: z.int().nonnegative().default(42).describe('Everything random comes from it.'),
    epochs: z.number().positive().default(1).describe('Passes over the training rows.'),
    maxSteps: positiveInt.optional().describe('Ends the run after this many steps.'),
    globalBatch: positiveInt.default(32).describe('Rows of one step; 8 to 128 advised, kto needs 2 or more.'),
    microbatchTokens: positiveInt
      .default(512)
      .describe('Token budget of a microbatch; a longer row is alone. Part of what makes bits equal.'),
    microbatchRows: positiveInt.optional().describe('Most rows of a microbatch.'),
    learningRate: z
      .number()
      .positive()
      .optional()
      .describe('Peak learning rate; 1e-4 for lora and 5e-6 for full when left out.'),
    schedule: z.enum(['constant', 'linear', 'cosine']).default('linear').describe('Learning rate after the warm-up.'),
    warmupRatio: z.number().min(0).max(1).default(0.1).describe('Share of the steps in which the learning rate rises.'),
    warmupSteps: z.int().nonnegative().optional().describe('Steps of the warm-up, instead of warmupRatio.'),
    weightDecay: z
      .number()
      .nonnegative()
      .default(0)
      .describe('Decoupled weight decay of matrices (not of biases and norms).'),
    adamBeta1: z.number().min(0).lt(1).default(0.9),
    adamBeta2: z.number().min(0).lt(1).default(0.999),
    adamEpsilon: z.number().positive().default(1e-8),
    clipNorm: z.number().positive().default(1).describe('The gradient is scaled down to this norm.'),
    wire: z
      .enum(['float32', 'bfloat16'])
      .default('float32')
      .describe(
        'How gradients travel between workers; bfloat16 rounds each microbatch’s gradient and the mean and sends those in half the bytes.',
      ),
  })
  .describe('Steps, batches and the optimizer.');

export const EvaluationSchema = z
  .strictObject({
    everySteps: positiveInt
      .optional()
      .describe('Evaluates the held-out rows every so many steps; at the end in any case.'),
  })
  .describe('Evaluation of the held-out rows.');

export const SnapshotsSchema = z
  .strictObject({
    everySteps: positiveInt.optional().describe('Takes a snapshot every so many steps.'),
    everyMinutes: z
      .number()
      .positive()
      .optional()
      .describe('Takes a snapshot at the first step that ends so many minutes after the last one; 10 is usual.'),
    keep: positiveInt.default(3).describe('How many good snapshots stay; older ones are removed after a new one.'),
  })
  .describe(
    'Snapshots, from which an interrupted run goes on with the same bits: on this schedule, on demand, and when the run is interrupted.',
  );

export const AuditSchema = z
  .strictObject({
    everySteps: z
      .int()
      .nonnegative()
      .default(100)
      .describe('Every so many steps two workers compute the same microbatch and compare their bits; 0 for never.'),
  })
  .describe('The search for workers that compute wrong without an error.');

export const ControlSchema = z
  .strictObject({
    tokenFile: path
      .optional()
      .describe(
        'File with the token that commands (status, pause, stop …) must name, 16 letters or more; PROSPECT_TOKEN goes over it. When left out and the coordinator listens on loopback: one is made in the output folder.',
      ),
  })
  .describe('Who may steer the run while it goes on.');

const workerCount = positiveInt.max(64);

export const WorkersSchema = z
  .union([
    workerCount,
    z.strictObject({
      start: workerCount.optional().describe('Workers that `train` starts; min when left out.'),
      min: workerCount.default(1).describe('With fewer the run pauses.'),
      max: workerCount.default(64).describe('More than these stay up to date and step in when one is lost.'),
      waitSeconds: z
        .number()
        .positive()
        .default(600)
        .describe('A run that has been paused so long for want of workers ends, with what is needed to resume it.'),
    }),
  ])
  .describe(
    'How many workers `train` starts and a new run waits for at first; or their limits. A number means min 1. When left out: one for each GPU in `train`, else 2.',
  );

export const RunConfigSchema = z.strictObject({
  model: path.describe('Hugging Face folder of the base model.'),
  output: path.describe('Folder for the adapter or model, metrics, log and plot.'),
  method: z.enum(['lora', 'full']).default('lora').describe('lora trains an adapter, full trains every weight.'),
  lora: LoraSchema.prefault({}),
  loss: LossSchema.prefault({}),
  data: DataSchema,
  training: TrainingSchema.prefault({}),
  evaluation: EvaluationSchema.prefault({}),
  snapshots: SnapshotsSchema.prefault({}),
  publish: PublishSchema.optional(),
  audit: AuditSchema.prefault({}),
  control: ControlSchema.prefault({}),
  workers: WorkersSchema.optional(),
  nats: NatsSchema.optional(),
  metrics: MetricsSchema.optional(),
  samples: SamplesSchema.optional(),
  engine: z
    .enum(['auto', 'tensorflow-gpu', 'tensorflow', 'wasm'])
    .default('auto')
    .describe('Tensor engine; auto takes the best that loads.'),
  precision: z
    .enum(['float32', 'bfloat16'])
    .default('float32')
    .describe(
      'Of the matrix products of linear layers; bfloat16 is about twice as fast on processors and GPUs that have it, and less exact. Weights, gradients and everything else stay float32.',
    ),
  memoryBudget: z
    .number()
    .positive()
    .optional()
    .describe(
      'GiB that each worker may hold for what it computes, beside weights and optimizer. What cannot be kept is computed again; a microbatch that does not fit is computed in parts (other bits). When left out: 15% of the machine’s memory for what is kept, and no parts.',
    ),
  threads: positiveInt
    .default(1)
    .describe('Compute threads of each worker. Part of what makes bits equal, so never guessed from the machine.'),
  engineMismatch: z
    .enum(['refuse', 'warn'])
    .default('refuse')
    .describe('What happens to a worker whose engine, version, settings or processor differ from the first one’s.'),
  logLevel: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
});

/** A checked, complete configuration: every default filled in. */
export type RunConfig = Readonly<z.output<typeof RunConfigSchema>>;
/** What a person writes: fields with defaults may be left out. */
export type RunConfigInput = z.input<typeof RunConfigSchema>;
