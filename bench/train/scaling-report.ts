/** How a step's time grows, as a table and as a picture. */
import type { EChartsOption, SeriesOption } from 'echarts';
import { COLORS, drawChart, GRID_COLOR, TEXT_COLOR } from './chart.js';
import { figure, table } from './markdown.js';
import { type ScalingResult, SERIES, type Series } from './scaling.js';

const NAMES = Object.keys(SERIES) as Series[];
const SIZE = { width: 860, height: 640 };
/** Pixels: panels two by two. */
const LEFT = 80;
const TOP = 90;
const PITCH = { x: 420, y: 290 };
const PANEL = { width: 320, height: 190 };
const DASHED = { color: '#999999', width: 1, type: 'dashed' as const };

export function scalingReport(results: readonly ScalingResult[], conditions: string, plot: string): string {
  const rows = results.map(({ series, at, stepSeconds, tokensPerSecond, gflops, orchestration, mainThreadLagMs }) => [
    `${at} ${SERIES[series]}`,
    figure(stepSeconds),
    figure(tokensPerSecond),
    figure(gflops),
    `${(100 * orchestration).toFixed(1)}`,
    `${mainThreadLagMs}`,
  ]);
  const words =
    'One thing changed at a time; the 8M shape with LoRA, reference log-probs known, 8 rows where not said otherwise; workers with the 135M shape. Orchestration is all of a step that is neither the update nor scores or gradients of the worker that is busiest with them: the all-reduce, digests, messages, planning, the journal.';
  return [
    '### How a step’s time grows',
    `${words} ${conditions}`,
    table(['', 's a step', 'tokens/s', 'GFLOP/s needed', 'orchestration, %', 'main thread’s lag p99, ms'], rows),
    `![Seconds of a step by length, rows, parameters and workers](${plot})`,
  ].join('\n\n');
}

export function scalingPlot(results: readonly ScalingResult[]): Promise<string> {
  const points = NAMES.map((name) => results.filter(({ series }) => series === name));
  return drawChart(
    {
      title: {
        text: 'Seconds of a step (dashed: as if in proportion)',
        left: 20,
        top: 14,
        textStyle: { fontSize: 18, color: TEXT_COLOR },
      },
      grid: NAMES.map((_, i) => ({
        left: LEFT + (i % 2) * PITCH.x,
        top: TOP + Math.floor(i / 2) * PITCH.y,
        ...PANEL,
      })),
      xAxis: NAMES.map((name, i) => (name === 'workers' ? categories(points[i]!, i) : numbers(name, i))),
      yAxis: NAMES.map((_, i) => ({
        gridIndex: i,
        type: 'value' as const,
        name: 's',
        min: 0,
        splitLine: { lineStyle: { color: GRID_COLOR } },
      })),
      series: NAMES.flatMap((name, i): SeriesOption[] =>
        name === 'workers' ? [bars(points[i]!, i)] : lines(points[i]!, i),
      ),
    } satisfies EChartsOption,
    SIZE,
  );
}

function axis(name: string, panel: number) {
  return { gridIndex: panel, name, nameLocation: 'middle' as const, nameGap: 28 };
}

function numbers(name: Series, panel: number) {
  return { ...axis(SERIES[name], panel), type: 'value' as const, min: 0, splitLine: { show: false } };
}

function categories(points: readonly ScalingResult[], panel: number) {
  return { ...axis(SERIES.workers, panel), type: 'category' as const, data: points.map(({ at }) => at) };
}

function bars(points: readonly ScalingResult[], panel: number) {
  return {
    type: 'bar' as const,
    xAxisIndex: panel,
    yAxisIndex: panel,
    barWidth: 60,
    itemStyle: { color: COLORS.ours },
    data: points.map(({ stepSeconds }) => stepSeconds),
  };
}

/** The measured line, and the straight one from nothing through the last point. */
function lines(points: readonly ScalingResult[], panel: number) {
  const place = { type: 'line' as const, xAxisIndex: panel, yAxisIndex: panel };
  const measured = points.map(({ at, stepSeconds }) => [Number(at), stepSeconds]);
  return [
    {
      ...place,
      data: [[0, 0], measured.at(-1) ?? [0, 0]],
      symbol: 'none',
      lineStyle: DASHED,
      itemStyle: { color: DASHED.color },
    },
    { ...place, data: measured, lineStyle: { color: COLORS.ours, width: 2 }, itemStyle: { color: COLORS.ours } },
  ];
}
