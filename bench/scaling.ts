/**
 * How a step's time grows with length, rows, parameters and workers: `npm run bench:scaling -- [--steps N] [--write]`,
 * about five minutes.
 */
import { Command } from 'commander';
import { writeSection } from './train/documents.js';
import { machineLine } from './train/machine.js';
import { atLeastTwo } from './train/options.js';
import { CASES, measureCase, type ScalingResult, SERIES } from './train/scaling.js';
import { scalingPlot, scalingReport } from './train/scaling-report.js';
import { asScript } from './train/unfinished-folder.js';

const STEPS = 3;
const PLOT = 'training-scaling.svg';

await asScript(async () => {
  const { steps, write } = new Command('npm run bench:scaling --')
    .option('--steps <n>', 'steps of each run; the first is warm-up', atLeastTwo, STEPS)
    .option('--write', 'writes table and plot into docs/', false)
    .parse()
    .opts<{ steps: number; write: boolean }>();
  const conditions = `${machineLine()} Medians of ${steps - 1} steps.`;
  const results: ScalingResult[] = [];
  for (const one of CASES) {
    const result = await measureCase(one, steps);
    console.log(`${result.at} ${SERIES[result.series]}: ${result.stepSeconds.toFixed(2)} s a step`);
    results.push(result);
  }
  const body = scalingReport(results, conditions, PLOT);
  console.log(`\n${body}`);
  if (write)
    await writeSection({ name: 'training scaling', body, plot: { file: PLOT, svg: await scalingPlot(results) } });
});
