/** The run as a picture beside the adapter: loss, rewards and the reference point over the steps, as SVG. */
import { writeWholeFile } from '../output/whole-file.js';
import { HEIGHT_PIXELS, plotOptions, WIDTH_PIXELS } from './plot-options.js';
import type { PlotPoint } from './plot-points.js';

/** @throws STORAGE when the file can't be written. */
export async function writePlot(path: string, points: readonly PlotPoint[], title: string): Promise<void> {
  await writeWholeFile(path, await renderPlot(points, title));
}

/** echarts takes 100 ms and 20 MB to load, so it is loaded when a plot is drawn. */
export async function renderPlot(points: readonly PlotPoint[], title: string): Promise<string> {
  const echarts = await import('echarts');
  const chart = echarts.init(null, null, {
    renderer: 'svg',
    ssr: true,
    width: WIDTH_PIXELS,
    height: HEIGHT_PIXELS,
  });
  try {
    chart.setOption(plotOptions(points, title));
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}
