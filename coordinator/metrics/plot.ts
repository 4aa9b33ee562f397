/** The run as a picture beside the adapter: loss, rewards and the reference point over the steps, as SVG. */
import { writeFile } from 'node:fs/promises';
import { storageError } from '../output/storage-error.js';
import { HEIGHT_PIXELS, plotOptions, WIDTH_PIXELS } from './plot-options.js';
import type { PlotPoint } from './plot-points.js';

/** @throws STORAGE when the file can't be written. */
export async function writePlot(path: string, points: readonly PlotPoint[], title: string): Promise<void> {
  const svg = await renderPlot(points, title);
  try {
    await writeFile(path, svg);
  } catch (cause) {
    throw storageError(cause, path, Buffer.byteLength(svg));
  }
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
