/**
 * How a step's time grows with length, rows, parameters and workers: `npm run bench:scaling -- [--steps N] [--series …]
 * [--write]`, about five minutes.
 */
import { Command } from 'commander';
import { writeSection } from './train/documents.js';
import { machineLine } from './train/machine.js';
import { atLeastTwo, listOf } from './train/options.js';
import { keep, kept, resultsFile } from './train/results-file.js';
import { CASES, measureCase, type ScalingResult, SERIES, type Series } from './train/scaling.js';
import { scalingPlot, scalingReport } from './train/scaling-report.js';
import { asScript } from './train/unfinished-folder.js';

const STEPS = 3;
const PLOT = 'training-scaling.svg';
const NAMES = Object.keys(SERIES) as Series[];

await asScript(async () => {
  const { steps, series, write } = new Command('npm run bench:scaling --')
    .option('--steps <n>', 'steps of each run; the first is warm-up', atLeastTwo, STEPS)
    .option('--series <list>', NAMES.join(', '), listOf(NAMES), NAMES)
    .option('--write', 'writes table and plot into docs/, series not measured now from earlier runs', false)
    .parse()
    .opts<{ steps: number; series: readonly Series[]; write: boolean }>();
  const file = resultsFile('scaling', steps);
  for (const one of CASES.filter((one) => series.includes(one.series))) {
    const result = await measureCase(one, steps);
    console.log(`${result.at} ${SERIES[result.series]}: ${result.stepSeconds.toFixed(2)} s a step`);
    keep(file, [result]);
  }
  const newest = new Map(kept<ScalingResult>(file).map((result) => [`${result.series} ${result.at}`, result]));
  const results = NAMES.flatMap((name) => [...newest.values()].filter((result) => result.series === name));
  const body = scalingReport(results, `${machineLine()} Medians of ${steps - 1} steps.`, PLOT);
  console.log(`\n${body}`);
  if (write)
    await writeSection({ name: 'training scaling', body, plot: { file: PLOT, svg: await scalingPlot(results) } });
});
