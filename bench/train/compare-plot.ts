/** The comparison as a picture: examples a second of each trainer, a group of bars for each method. */
import { COLORS, drawChart, GRID_COLOR, TEXT_COLOR } from './chart.js';
import { figure } from './markdown.js';
import { METHODS, TRAINERS, type Trainer } from './measurement.js';
import type { Summary } from './summary.js';

const SIZE = { width: 860, height: 440 };
const METHOD_NAMES = { lora: 'LoRA', full: 'full fine-tuning' };
const TRAINER_COLORS: Readonly<Record<Trainer, string>> = {
  prospect: COLORS.ours,
  'prospect-known': COLORS.oursLight,
  trl: COLORS.theirs,
  'trl-plain': '#CC79A7',
  'trl-precomputed': COLORS.theirsLight,
};

export function comparePlot(title: string, summaries: readonly Summary[]): Promise<string> {
  const methods = METHODS.filter((method) => summaries.some((one) => one.method === method));
  const trainers = (Object.keys(TRAINERS) as Trainer[]).filter((name) => summaries.some((one) => one.trainer === name));
  const option = {
    title: { text: title, left: 20, top: 14, textStyle: { fontSize: 18, color: TEXT_COLOR } },
    legend: { top: 50, left: 20, right: 20, itemGap: 30, textStyle: { color: TEXT_COLOR } },
    grid: { left: 80, right: 40, top: 140, bottom: 40 },
    xAxis: { type: 'category' as const, data: methods.map((method) => METHOD_NAMES[method]) },
    yAxis: {
      type: 'value' as const,
      name: 'examples a second',
      nameLocation: 'middle' as const,
      nameGap: 48,
      splitLine: { lineStyle: { color: GRID_COLOR } },
    },
    series: trainers.map((trainer) => ({
      type: 'bar' as const,
      name: TRAINERS[trainer],
      itemStyle: { color: TRAINER_COLORS[trainer] },
      label: { show: true, position: 'top' as const, formatter: labelOf },
      data: methods.map((method) => rateOf(summaries, method, trainer)),
    })),
  };
  return drawChart(option, SIZE);
}

function rateOf(summaries: readonly Summary[], method: Summary['method'], trainer: Trainer): number | null {
  return summaries.find((one) => one.method === method && one.trainer === trainer)?.examplesPerSecond ?? null;
}

function labelOf({ value }: { readonly value: unknown }): string {
  return typeof value === 'number' ? figure(value) : '';
}
