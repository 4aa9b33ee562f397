/** What the plot shows, as echarts options: three panels one above the other with a common step axis. */
import type { EChartsOption } from 'echarts';
import { type PlotPoint, thin } from './plot-points.js';

export const WIDTH_PIXELS = 860;
export const HEIGHT_PIXELS = 980;

/** More points than this can't be told apart; neighbours are then averaged. */
const MAX_POINTS = 400;

/** Okabe and Ito's colours, which colour-blind people can tell apart. */
const COLORS = { loss: '#333333', chosen: '#009E73', rejected: '#D55E00', margins: '#0072B2', raw: '#CC79A7' };
/** The raw line's colour, a quarter of it on white. */
const BAND_COLOR = '#F2DEE9';
const TEXT_COLOR = '#333333';
const GRID_COLOR = '#e3e3e3';

const PANELS = [
  { title: 'Loss', axis: 'loss', legend: [] },
  { title: 'Rewards', axis: 'beta × log-ratio', legend: ['chosen', 'rejected', 'margin'] },
  { title: 'Reference point', axis: 'nats', legend: ['used (clamped at 0)', 'raw', '± standard error of raw'] },
];
/** Pixels: the first panel's top, the distance of the panels, and a panel's plotting area. */
const TOP = 110;
const PITCH = 305;
const PANEL_HEIGHT = 200;
/** Room for half of the last step's label. */
const RIGHT_PIXELS = 50;

type Point = [step: number, value: number | null];

export function plotOptions(points: readonly PlotPoint[], title: string): EChartsOption {
  const thinned = thin(points, MAX_POINTS);
  const lastStep = points.at(-1)?.step ?? 1;
  return {
    animation: false,
    backgroundColor: '#ffffff',
    textStyle: { fontFamily: 'Helvetica, Arial, sans-serif', color: TEXT_COLOR },
    title: [
      { text: title, left: 20, top: 14, textStyle: { fontSize: 18, color: TEXT_COLOR } },
      ...PANELS.map((panel, index) => ({
        text: panel.title,
        left: 76,
        top: TOP + index * PITCH - 42,
        textStyle: { fontSize: 14, color: TEXT_COLOR },
      })),
    ],
    legend: PANELS.flatMap((panel, index) => (panel.legend.length === 0 ? [] : [legend(panel.legend, index)])),
    grid: PANELS.map((_, index) => ({ left: 80, right: RIGHT_PIXELS, top: TOP + index * PITCH, height: PANEL_HEIGHT })),
    xAxis: PANELS.map((_, index) => stepAxis(index, lastStep)),
    yAxis: PANELS.map((panel, index) => valueAxis(index, panel.axis)),
    series: [...lossSeries(thinned), ...rewardSeries(thinned), ...klSeries(thinned)],
  };
}

/** Without a browser text is measured roughly: wide gaps keep the names from touching. */
function legend(names: readonly string[], panel: number) {
  const data = names.map((name) => ({ name, icon: 'rect' }));
  const place = { right: RIGHT_PIXELS + 10, top: TOP + panel * PITCH - 40 };
  return { data, ...place, itemGap: 30, itemWidth: 18, itemHeight: 5, textStyle: { color: TEXT_COLOR } };
}

function stepAxis(panel: number, lastStep: number) {
  return {
    gridIndex: panel,
    type: 'value' as const,
    name: 'step',
    nameLocation: 'middle' as const,
    nameGap: 28,
    min: lastStep > 1 ? 1 : 0,
    max: lastStep,
    minInterval: 1,
    axisLabel: { hideOverlap: true },
    axisLine: { onZero: false, lineStyle: { color: TEXT_COLOR } },
    splitLine: { show: false },
  };
}

function valueAxis(panel: number, name: string) {
  return {
    gridIndex: panel,
    type: 'value' as const,
    name,
    nameLocation: 'middle' as const,
    nameGap: 48,
    scale: true,
    splitLine: { lineStyle: { color: GRID_COLOR } },
    axisLabel: { hideOverlap: true },
  };
}

function lossSeries(points: readonly PlotPoint[]) {
  return [line(0, 'loss', COLORS.loss, points, (point) => point.loss)];
}

function rewardSeries(points: readonly PlotPoint[]) {
  return [
    line(1, 'chosen', COLORS.chosen, points, (point) => point['rewards/chosen']),
    line(1, 'rejected', COLORS.rejected, points, (point) => point['rewards/rejected']),
    line(1, 'margin', COLORS.margins, points, (point) => point['rewards/margins'], 'dashed'),
  ];
}

/** The band is two stacked areas: an invisible one up to its lower edge, and the band's height on top of it. */
function klSeries(points: readonly PlotPoint[]) {
  const error = (point: PlotPoint) => point['kl/stderr'] ?? 0;
  const hidden = { lineStyle: { opacity: 0 }, symbol: 'none', stack: 'band', stackStrategy: 'all' as const };
  const lower = line(2, 'lower edge', COLORS.raw, points, (point) => point['kl/raw'] - error(point));
  const band = line(2, '± standard error of raw', COLORS.raw, points, (point) => 2 * error(point));
  return [
    { ...lower, ...hidden },
    { ...band, ...hidden, itemStyle: { color: BAND_COLOR }, areaStyle: { color: BAND_COLOR, opacity: 1 } },
    line(2, 'raw', COLORS.raw, points, (point) => point['kl/raw']),
    line(2, 'used (clamped at 0)', COLORS.margins, points, (point) => point.kl, 'dashed'),
  ];
}

function line(
  panel: number,
  name: string,
  color: string,
  points: readonly PlotPoint[],
  measure: (point: PlotPoint) => number | null,
  type: 'solid' | 'dashed' = 'solid',
) {
  return {
    type: 'line' as const,
    name,
    xAxisIndex: panel,
    yAxisIndex: panel,
    data: points.map((point): Point => [point.step, measure(point)]),
    itemStyle: { color },
    lineStyle: { color, width: 2, type },
    symbol: points.length === 1 ? 'circle' : 'none',
    connectNulls: true,
  };
}
