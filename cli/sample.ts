/**
 * `prospect sample`: what a snapshot, and the base model, answer to the prompts of the run's configuration. It is a process
 * of its own that reads files: training is neither asked nor held up.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { loadTokenizer, type ModelTokenizer } from '../coordinator/dataset/tokenizer.js';
import { exportSnapshot } from '../coordinator/snapshots/export-snapshot.js';
import { type LoadedSnapshot, loadSnapshot } from '../coordinator/snapshots/load-newest.js';
import type { SamplesConfig } from '../core/config/samples.js';
import { RunConfigSchema } from '../core/config/schema.js';
import { ProspectError } from '../core/errors.js';
import { generateTokens } from '../worker/model/generate.js';
import { type OpenedModel, openModel } from '../worker/model/open-model.js';
import { engineOption } from './options.js';

interface Options {
  readonly engine: 'auto' | 'tensorflow-gpu' | 'tensorflow' | 'wasm';
}

/** A line of samples.jsonl. */
export interface SampleLine {
  readonly run: string;
  readonly step: number;
  readonly prompts: readonly string[];
  /** One each prompt. */
  readonly base: readonly string[];
  readonly answers: readonly string[];
}

export function sampleCommand(): Command {
  return new Command('sample')
    .summary('what a snapshot answers to the prompts of its run')
    .description(
      'Answers the prompts that samples.prompts of the configuration names, with a snapshot and with the base model, and\n' +
        'prints one JSON object.',
    )
    .argument('<snapshot>', 'folder of the snapshot, as out/snapshots/step-000200')
    .addOption(engineOption())
    .addHelpText('after', '\nExample:\n  prospect sample out/snapshots/step-000200 | jq .answers')
    .action(sample);
}

async function sample(folder: string, { engine }: Options): Promise<void> {
  const snapshot = await loadSnapshot(folder);
  const { runId, step } = snapshot.state;
  const config = RunConfigSchema.parse(snapshot.state.config);
  const { samples, model: baseFolder, method } = config;
  if (!samples) throw new ProspectError('CONFIG_INVALID', 'samples.prompts: missing in the configuration of this run');
  const tokenizer = await loadTokenizer(baseFolder);
  const answer = (opened: OpenedModel) => answersOf(opened, tokenizer, samples);
  const base = await withModel({ folder: baseFolder, engine, threads: 1 }, answer);
  const answers = await withExported(snapshot, (exported) => {
    const trained = method === 'full' ? { folder: exported } : { folder: baseFolder, adapter: exported };
    return withModel({ ...trained, engine, threads: 1 }, answer);
  });
  const line: SampleLine = { run: runId, step, prompts: samples.prompts, base, answers };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

async function withExported<Result>(
  snapshot: LoadedSnapshot,
  use: (folder: string) => Promise<Result>,
): Promise<Result> {
  const temporary = await mkdtemp(join(tmpdir(), 'prospect-sample-'));
  try {
    const folder = join(temporary, 'trained');
    await exportSnapshot({ snapshot, folder });
    return await use(folder);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

async function withModel<Result>(request: Parameters<typeof openModel>[0], use: (model: OpenedModel) => Result) {
  const model = await openModel(request);
  try {
    return use(model);
  } finally {
    model.dispose();
  }
}

/** The most likely tokens, so that answers differ for what was learned alone. */
function answersOf({ decoder }: OpenedModel, tokenizer: ModelTokenizer, { prompts, chat, maxTokens }: SamplesConfig) {
  const stopTokenIds = tokenizer.eosTokenId === undefined ? [] : [tokenizer.eosTokenId];
  return prompts.map((content) => {
    const text = chat ? tokenizer.renderChat([{ role: 'user', content }], true) : content;
    const promptIds = Uint32Array.from(tokenizer.encode(text, !chat));
    const how = { maxTokens, temperature: 0, topP: 1, seed: 0, stopTokenIds };
    return tokenizer.decode([...generateTokens(decoder, promptIds, how)], true);
  });
}
