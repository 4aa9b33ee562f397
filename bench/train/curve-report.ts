/** The simulated curve as a table and as a picture, and where it bends. */
import { COLORS, drawChart, GRID_COLOR, TEXT_COLOR } from './chart.js';
import { figure, table } from './markdown.js';
import type { SimulatedStep, StepParts } from './simulated-step.js';

export interface CurvePoint extends SimulatedStep {
  /** Rows of a step. */
  readonly batch: number;
  readonly network: string;
  readonly workers: number;
  readonly seconds: number;
}

const SIZE = { width: 860, height: 520 };
const LINES = ['solid', 'dashed'] as const;
const PALETTE = Object.values(COLORS);
/** Below this share of perfect scaling the curve has bent. */
const BENT = 0.7;
const MS = 1000;

export function curveReport(points: readonly CurvePoint[], parts: StepParts, machine: string, plot: string): string {
  const rows = curvesOf(points).map((curve) => {
    const [first] = curve;
    return [`${first!.batch} rows, ${first!.network}`, ...curve.map((point) => figure(speedUp(curve, point)))];
  });
  const measured = `Measured with one worker of one thread, 135M shape, LoRA, reference known: ${(parts.secondsPerToken * MS).toFixed(1)} ms a token, ${(parts.updateSeconds * MS).toFixed(0)} ms for the update, ${parts.gradientMib.toFixed(1)} MiB of gradient.`;
  const workers = curvesOf(points)[0]!.map((point) => `${point.workers}`);
  return [
    '### Simulated: up to 64 workers',
    `Times as fast as one worker. ${measured} ${machine} Modelled: the network, and the coordinator by what it takes of steps without arithmetic. The cut into microbatches and who gets which are the program’s own.`,
    table(['workers', ...workers], rows),
    bends(points),
    `![Times as fast as one worker, by workers](${plot})`,
  ].join('\n\n');
}

export function curvePlot(points: readonly CurvePoint[]): Promise<string> {
  const curves = curvesOf(points);
  const batches = [...new Set(points.map(({ batch }) => batch))];
  const networks = [...new Set(points.map(({ network }) => network))];
  const nameOf = ({ batch, network }: CurvePoint) => `${batch} rows, ${network}`;
  const axis = { type: 'log' as const, logBase: 2, min: 1, max: 64, splitLine: { lineStyle: { color: GRID_COLOR } } };
  return drawChart(
    {
      title: {
        text: 'Simulated: times as fast as one worker',
        left: 20,
        top: 14,
        textStyle: { fontSize: 18, color: TEXT_COLOR },
      },
      legend: { top: 46, left: 20, data: curves.map(([first]) => nameOf(first!)) },
      grid: { left: 70, right: 30, top: 100, bottom: 60 },
      xAxis: { ...axis, name: 'workers', nameLocation: 'middle' as const, nameGap: 32 },
      yAxis: axis,
      series: curves.map((curve) => {
        const color = PALETTE[batches.indexOf(curve[0]!.batch) % PALETTE.length]!;
        const type = LINES[networks.indexOf(curve[0]!.network) % LINES.length]!;
        return {
          type: 'line' as const,
          name: nameOf(curve[0]!),
          data: curve.map((point) => [point.workers, speedUp(curve, point)]),
          lineStyle: { color, width: 2, type },
          itemStyle: { color },
        };
      }),
    },
    SIZE,
  );
}

/** Says of each curve where it bends, and which part of the step is to blame. */
function bends(points: readonly CurvePoint[]): string {
  return curvesOf(points)
    .map((curve) => {
      const [first] = curve;
      const bent = curve.find((point) => speedUp(curve, point) < BENT * point.workers);
      const where = bent
        ? `below ${100 * BENT}% of perfect from ${bent.workers} workers on: ${blame(first!, bent)}`
        : `at least ${100 * BENT}% of perfect up to ${curve.at(-1)!.workers} workers`;
      return `- ${first!.batch} rows, ${first!.network}: ${where}`;
    })
    .join('\n');
}

function blame(alone: CurvePoint, bent: CurvePoint): string {
  const perfect = alone.computeSeconds / bent.workers;
  const lost = {
    'microbatches do not come out even, some workers wait': bent.computeSeconds - perfect,
    'the all-reduce': bent.reduceSeconds,
    'the update and the coordinator': bent.restSeconds - alone.restSeconds / bent.workers,
  };
  return Object.entries(lost).sort(([, a], [, b]) => b - a)[0]![0];
}

function curvesOf(points: readonly CurvePoint[]): CurvePoint[][] {
  const curves = new Map<string, CurvePoint[]>();
  for (const point of points) {
    const name = `${point.batch} ${point.network}`;
    curves.set(name, [...(curves.get(name) ?? []), point]);
  }
  return [...curves.values()];
}

function speedUp(curve: readonly CurvePoint[], { seconds }: CurvePoint): number {
  return curve[0]!.seconds / seconds;
}
