/** Charts as SVG, drawn by echarts without a browser. */
import type { EChartsOption } from 'echarts';

/** Okabe and Ito's colours, which colour-blind people can tell apart. */
export const COLORS = { ours: '#0072B2', oursLight: '#56B4E9', theirs: '#D55E00', theirsLight: '#E69F00' };
export const TEXT_COLOR = '#333333';
export const GRID_COLOR = '#e3e3e3';

export interface ChartSize {
  readonly width: number;
  readonly height: number;
}

export async function drawChart(option: EChartsOption, size: ChartSize): Promise<string> {
  const echarts = await import('echarts');
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, ...size });
  const textStyle = { fontFamily: 'Helvetica, Arial, sans-serif', color: TEXT_COLOR };
  try {
    chart.setOption({ animation: false, backgroundColor: '#ffffff', textStyle, ...option });
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}
