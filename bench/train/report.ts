/** The comparison as Markdown. */
import { lengthOf } from './flops.js';
import { machineLine } from './machine.js';
import { figure, table } from './markdown.js';
import type { ProductRates } from './matmul-rate.js';
import { TRAINERS } from './measurement.js';
import { MAX_LENGTH } from './row-lengths.js';
import { type Device, GLOBAL_BATCH, LORA } from './settings.js';
import type { Summary } from './summary.js';
import type { Workload } from './workload.js';

export interface Rates {
  readonly prospect: ProductRates;
  /** Undefined without torch. */
  readonly torch: ProductRates | undefined;
}

export interface ReportParts {
  readonly workload: Workload;
  readonly summaries: readonly Summary[];
  readonly rates: Rates;
  readonly device: Device;
  /** File name of the plot, beside the report. */
  readonly plot: string;
}

const BYTES_PER_GIB = 2 ** 30;
const DASH = '–';

export function report({ workload, summaries, rates, device, plot }: ReportParts): string {
  return [
    `### ${workload.name}: ${describe(workload)}`,
    conditions(workload, summaries, device),
    comparison(summaries, machineRate(rates)),
    `![Examples a second of each trainer](${plot})`,
    products(rates),
    ...phases(summaries),
  ].join('\n\n');
}

/** GFLOP/s: the better of both on large square matrices. */
export function machineRate({ prospect, torch }: Rates): number {
  return Math.max(prospect.square, torch?.square ?? 0);
}

function describe({ sizes }: Workload): string {
  return `${sizes.num_hidden_layers} layers of ${sizes.hidden_size}, vocabulary ${sizes.vocab_size.toLocaleString('en')}`;
}

function conditions({ rows, lengths }: Workload, summaries: readonly Summary[], device: Device): string {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value) / values.length;
  const all = lengths.map(lengthOf);
  return [
    machineLine(
      summaries.map(({ load }) => load),
      device,
    ),
    `${rows.length / GLOBAL_BATCH} steps of ${GLOBAL_BATCH} rows (mean ${figure(mean(all))} tokens, longest ${Math.max(...all)},`,
    `completions ${figure(mean(lengths.map(({ completion }) => completion)))}), cut at ${MAX_LENGTH};`,
    `LoRA: rank ${LORA.rank}, alpha ${LORA.alpha}, all linear layers. Medians of the steps after the first;`,
    '“times” is the median over steps with the same rows.',
  ].join(' ');
}

function comparison(summaries: readonly Summary[], machine: number): string {
  const header = ['', 's a step', 'examples/s', 'tokens/s', 'times TRL’s default', 'GFLOP/s needed', 'of the machine'];
  return table(
    [...header, 'peak GiB', 'last loss'],
    summaries.map((one) => [
      `${one.method}: ${TRAINERS[one.trainer]}`,
      figure(one.stepSeconds),
      figure(one.examplesPerSecond),
      figure(one.tokensPerSecond),
      one.timesTrl === undefined ? DASH : one.timesTrl.toFixed(2),
      figure(one.gflops),
      (one.gflops / machine).toFixed(2),
      one.peakBytes === undefined ? DASH : (one.peakBytes / BYTES_PER_GIB).toFixed(2),
      one.lastLoss.toFixed(4),
    ]),
  );
}

function products({ prospect, torch }: Rates): string {
  const side = (name: string, { square, layer }: ProductRates) =>
    `${name} ${figure(square)} (1024³) and ${figure(layer)} (a layer’s linear layers on 1024 positions)`;
  const parts = [side('Prospect’s engine', prospect), ...(torch ? [side('torch', torch)] : [])];
  return `Matrix products alone, GFLOP/s: ${parts.join('; ')}.`;
}

/** Nothing for measurements from before it was measured. */
function lag(ours: readonly Summary[]): string[] {
  const lags = ours.map(({ mainThreadLagMs }) => mainThreadLagMs).filter((one) => one !== undefined);
  if (lags.length === 0) return [];
  return [`Messages wait for the worker’s main thread ${Math.max(...lags)} ms at the 99th percentile.`];
}

/** Nothing when only others were measured. */
function phases(summaries: readonly Summary[]): string[] {
  const ours = summaries.filter(({ phaseSeconds }) => Object.keys(phaseSeconds).length > 0);
  if (ours.length === 0) return [];
  const names = [...new Set(ours.flatMap(({ phaseSeconds }) => Object.keys(phaseSeconds)))];
  const rows = ours.map(({ method, trainer, phaseSeconds }) => [
    `${method}: ${TRAINERS[trainer]}`,
    ...names.map((name) => (phaseSeconds[name] === undefined ? DASH : figure(phaseSeconds[name]))),
  ]);
  return [
    'Where Prospect’s time goes, seconds of a step:',
    table(['', ...names.map((name) => name.replaceAll('_', ' '))], rows),
    ...lag(ours),
  ];
}
