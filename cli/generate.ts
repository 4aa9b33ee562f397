/** `prospect generate`: prompt in, text out. */
import { text } from 'node:stream/consumers';
import { Command, InvalidArgumentError, Option } from 'commander';
import { loadTokenizer, type ModelTokenizer } from '../coordinator/dataset/tokenizer.js';
import { type GenerateOptions, generateTokens } from '../worker/model/generate.js';
import { openModel } from '../worker/model/open-model.js';
import { engineOption, threadsOption, wholeNumber } from './options.js';

interface Options {
  readonly prompt?: string;
  readonly adapter?: string;
  readonly chat?: true;
  readonly system?: string;
  readonly maxTokens: number;
  readonly temperature: number;
  readonly topP: number;
  readonly seed: number;
  readonly engine: 'auto' | 'tensorflow-gpu' | 'tensorflow' | 'wasm';
  readonly threads: number;
  readonly json?: true;
}

export function generateCommand(): Command {
  return new Command('generate')
    .summary('Prompt in, text out')
    .description(
      'Continues a prompt with a model, with or without an adapter. Without --prompt it is read from standard input.',
    )
    .argument('<model>', 'Hugging Face folder')
    .option('-p, --prompt <text>', 'the prompt')
    .option('--adapter <folder>', 'adapter in PEFT’s layout')
    .option('--chat', 'puts the prompt through the model’s chat template as a user’s turn')
    .option('--system <text>', 'system turn before it, with --chat')
    .option('--max-tokens <n>', 'most new tokens', wholeNumber, 128)
    .option(
      '--temperature <t>',
      '0 takes the most likely token, 1 samples from the model’s distribution',
      notNegative,
      0,
    )
    .option('--top-p <p>', 'samples among the most likely tokens that hold this share', share, 1)
    .option('--seed <n>', 'seed of the sampling', wholeNumber, 42)
    .addOption(engineOption())
    .addOption(threadsOption())
    .addOption(new Option('--json', 'prints one JSON object'))
    .addHelpText(
      'after',
      `
Examples:
  prospect generate ./model --prompt "How do I reset my password?"
  prospect generate ./model --adapter out/adapter --chat --prompt "Hello" --temperature 0.7
  echo "Once upon" | prospect generate ./model --json`,
    )
    .action(generate);
}

async function generate(folder: string, options: Options): Promise<void> {
  const tokenizer = await loadTokenizer(folder);
  const prompt = options.prompt ?? (await text(process.stdin)).trimEnd();
  const promptIds = encodePrompt(tokenizer, prompt, options);
  const { adapter, engine, threads } = options;
  const model = await openModel({ folder, engine, threads, ...(adapter !== undefined && { adapter }) });
  const generateOptions: GenerateOptions = {
    ...options,
    stopTokenIds: tokenizer.eosTokenId === undefined ? [] : [tokenizer.eosTokenId],
  };
  const tokenIds: number[] = [];
  let shown = '';
  for (const tokenId of generateTokens(model.decoder, promptIds, generateOptions)) {
    tokenIds.push(tokenId);
    if (!options.json) shown = printNew(tokenizer.decode(tokenIds, true), shown);
  }
  model.dispose();
  if (!options.json) return void process.stdout.write('\n');
  const result = { prompt, text: tokenizer.decode(tokenIds, true), tokenIds, engine: model.engine.name };
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

function encodePrompt(tokenizer: ModelTokenizer, prompt: string, { chat, system }: Options): Uint32Array {
  if (!chat) return Uint32Array.from(tokenizer.encode(prompt, true));
  const messages = [
    ...(system === undefined ? [] : [{ role: 'system', content: system }]),
    { role: 'user', content: prompt },
  ];
  return Uint32Array.from(tokenizer.encode(tokenizer.renderChat(messages, true), false));
}

/** Prints what a token added; a character that is not complete yet waits for the next one. */
function printNew(whole: string, shown: string): string {
  if (whole.endsWith('\uFFFD')) return shown;
  process.stdout.write(whole.slice(shown.length));
  return whole;
}

function notNegative(value: string): number {
  const number = Number(value);
  if (!(number >= 0)) throw new InvalidArgumentError('It must be 0 or more.');
  return number;
}

function share(value: string): number {
  const number = Number(value);
  if (!(number > 0 && number <= 1)) throw new InvalidArgumentError('It must be above 0 and at most 1.');
  return number;
}
