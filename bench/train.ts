/**
 * How fast Prospect trains beside TRL's KTOTrainer: the same model folder, rows and settings, in turn, each as its users
 * run it. `npm run bench -- --help`; the other trainer comes with `npm run bench:peers`, or PROSPECT_PYTHON names one.
 */
import { measure } from './train/compare.js';
import { comparePlot } from './train/compare-plot.js';
import { writeSection } from './train/documents.js';
import { engineRates, torchRates } from './train/matmul-rate.js';
import { type Measurement, TRAINERS } from './train/measurement.js';
import { type BenchOptions, readOptions } from './train/options.js';
import { report } from './train/report.js';
import { keep, kept, latest, resultsFile } from './train/results-file.js';
import { THREADS } from './train/settings.js';
import { SHAPES } from './train/shapes.js';
import { summarise } from './train/summary.js';
import { findTrl } from './train/trl.js';
import { asScript } from './train/unfinished-folder.js';
import { makeWorkload, realisticRows, type Workload } from './train/workload.js';

const WITHOUT_TRL = `
  TRL IS NOT HERE: only Prospect is measured.
  \`npm run bench:peers\` fetches it from PyPI, or PROSPECT_PYTHON names a Python that has it.
`;

await asScript(async () => {
  const options = readOptions(process.argv);
  const python = findTrl();
  const workload = await makeWorkload(options.model, SHAPES[options.model], realisticRows(options.steps));
  const results = resultsFile(nameOf(options), options.steps);
  await runAll(options, workload, python, (measurements) => keep(results, measurements));
  const rates = {
    prospect: await engineRates(workload.sizes, THREADS, options.device),
    torch: python === undefined ? undefined : await torchRates(python, workload.sizes, THREADS, options.device),
  };
  const summaries = summarise(latest(kept(results)), workload);
  const plot = `training-${nameOf(options)}.svg`;
  const body = report({ workload, summaries, rates, device: options.device, plot });
  console.log(`\n${body}`);
  if (!options.write) return;
  const svg = await comparePlot(`Training ${nameOf(options)}: examples a second`, summaries);
  await writeSection({ name: `training ${nameOf(options)}`, body, plot: { file: plot, svg } });
});

/** What of the options makes measurements comparable. */
function nameOf({ model, device }: BenchOptions): string {
  return device === 'cpu' ? model : `${model}-${device}`;
}

/** In turn, so that what else the machine does meets all alike. */
async function runAll(
  { rounds, methods, only, device }: BenchOptions,
  workload: Workload,
  python: string | undefined,
  take: (measurements: readonly Measurement[]) => void,
): Promise<void> {
  const contenders = only.filter((contender) => python !== undefined || contender === 'prospect');
  if (contenders.length < only.length) console.error(WITHOUT_TRL);
  const session = new Date().toISOString();
  for (let round = 0; round < rounds; round++) {
    for (const method of methods) {
      for (const contender of contenders) {
        console.log(`${method}: ${contender} …`);
        const measurements = await measure(contender, method, workload, { session, python, device });
        take(measurements);
        for (const { trainer, stepSeconds } of measurements) {
          console.log(`  ${TRAINERS[trainer]}: ${stepSeconds.map((seconds) => seconds.toFixed(2)).join(', ')} s`);
        }
      }
    }
  }
}
