/** `prospect evaluate`: what a trained adapter or model makes of the held-out rows. */
import { join } from 'node:path';
import { Command } from 'commander';
import type { Batch } from '../coordinator/batch.js';
import type { Dataset } from '../coordinator/dataset/dataset.js';
import { openDataset } from '../coordinator/dataset/open-dataset.js';
import { evaluationParts } from '../coordinator/evaluation-parts.js';
import { exampleScores } from '../coordinator/example-scores.js';
import { type EvaluationMetrics, evaluationMetrics } from '../coordinator/metrics/evaluation-metrics.js';
import { resolveRun } from '../coordinator/resolve-run.js';
import { cacheFolder } from '../core/cache-folder.js';
import type { RunConfig } from '../core/config/schema.js';
import { ProspectError } from '../core/errors.js';
import { referencePoint } from '../core/kto.js';
import { leafPasses } from '../worker/kto/leaf-passes.js';
import { scoreSequences } from '../worker/kto/score.js';
import { openModel } from '../worker/model/open-model.js';
import { evaluateNowCommand } from './control/commands.js';
import { loadConfig } from './load-config.js';
import { collect } from './options.js';

interface Options {
  readonly trained?: string;
  readonly set: string[];
  readonly json?: true;
}

export function evaluateCommand(): Command {
  return new Command('evaluate')
    .summary('loss, rewards and margins of held-out rows')
    .description(
      'Compares a trained adapter or model with the base model on the held-out rows of a run’s configuration.',
    )
    .argument('<run.yaml>', 'the configuration that it was trained with')
    .option('--trained <folder>', 'adapter or model folder, instead of the one in the run’s output')
    .option('--set <path=value>', 'overrides a field of the configuration; may be repeated', collect, [])
    .option('--json', 'prints one JSON object')
    .addHelpText(
      'after',
      `
Examples:
  prospect evaluate run.yaml
  prospect evaluate now out                       (of a run that goes on)
  prospect evaluate run.yaml --trained ./earlier/adapter --set data.heldOut=other.jsonl --json`,
    )
    .action(evaluate)
    .addCommand(evaluateNowCommand());
}

async function evaluate(file: string, { trained, set, json }: Options): Promise<void> {
  const config = await loadConfig(file, { set });
  const dataset = await openDataset(config, { cacheDir: cacheFolder() });
  try {
    if (dataset.heldOut.size === 0) {
      throw new ProspectError('DATA_INVALID', `${file} holds no rows out. Set data.heldOut to a share or a file.`);
    }
    const metrics = await metricsOf(config, dataset, trained);
    const lines = Object.entries(metrics).map(([name, value]) => `${name.padEnd(24)}${value}`);
    process.stdout.write(json ? `${JSON.stringify(metrics)}\n` : `${lines.join('\n')}\n`);
  } finally {
    await dataset.close();
  }
}

/** One model is in memory at a time: first the reference, then the policy. */
async function metricsOf(
  config: RunConfig,
  dataset: Dataset,
  trained: string | undefined,
): Promise<Partial<EvaluationMetrics>> {
  const { method, lora, model, output } = config;
  const parts = [...evaluationParts(dataset.heldOut, config)];
  const batches = parts.flatMap(({ matched, mismatched }) => [matched, mismatched]);
  const folder = trained ?? join(output, method === 'full' ? 'model' : 'adapter');
  const reference = await logpsOf(config, batches, model, lora.from);
  const policy =
    method === 'full' ? await logpsOf(config, batches, folder) : await logpsOf(config, batches, model, folder);
  const examples = parts.flatMap(({ matched }, part) => {
    const scores = policy[2 * part]!.map((score, i) => ({
      ...score,
      referenceLogp: reference[2 * part]![i]!.policyLogp,
    }));
    return exampleScores(matched, scores);
  });
  const ratios = parts.flatMap((_, part) =>
    policy[2 * part + 1]!.map((score, i) => score.policyLogp - reference[2 * part + 1]![i]!.policyLogp),
  );
  const desirable = examples.filter((example) => example.desirable).length;
  const record = {
    step: 0,
    epoch: 0,
    examples,
    referencePoint: referencePoint(ratios),
    sftScale: desirable === 0 ? 0 : examples.length / desirable,
  };
  const { step: _, epoch: __, ...metrics } = evaluationMetrics(record, resolveRun(config, dataset.train).loss);
  return metrics;
}

type Scores = ReturnType<typeof scoreSequences>;

/** Scores of each batch in its own order. */
async function logpsOf(
  { engine, threads }: RunConfig,
  batches: readonly Batch[],
  folder: string,
  adapter?: string,
): Promise<Scores[]> {
  const model = await openModel({ folder, engine, threads, ...(adapter !== undefined && { adapter }) });
  const scores = batches.map(({ sequences, microbatches }) => {
    const ordered: Scores = [];
    for (const positions of microbatches) {
      const members = positions.map((position) => sequences[position]!);
      const found = scoreSequences(
        model.decoder,
        { sequences: members, policy: true, reference: false },
        leafPasses(0),
      );
      for (const [i, position] of positions.entries()) ordered[position] = found[i]!;
    }
    return ordered;
  });
  model.dispose();
  return scores;
}
