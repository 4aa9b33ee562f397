/**
 * A real coordinator whose steps are timed: its own process, so that its CPU time is its own. `coordinator-process.js
 * FOLDER WORKERS WARM_UP_STEPS STEPS`, as a child of the benchmark.
 */
import { calendarOf } from '../../coordinator/calendar.js';
import { openDataset } from '../../coordinator/dataset/open-dataset.js';
import { drive } from '../../coordinator/driver/drive.js';
import { openEvents } from '../../coordinator/events/run-events.js';
import type { Journal } from '../../coordinator/journal/claim-journal.js';
import type { StepRecord } from '../../coordinator/metrics/step-record.js';
import { openRun, takeFolder } from '../../coordinator/open-run.js';
import { trainingRowCount } from '../../coordinator/plan-step.js';
import { resolveRun } from '../../coordinator/resolve-run.js';
import { openRunData } from '../../coordinator/run-data.js';
import type { RunLog } from '../../coordinator/run-log.js';
import { openRunReport, type RunReport } from '../../coordinator/run-report.js';
import { UNDISPUTED } from '../../test/support/no-rival.js';
import type { CoordinatorNews, Measured, Setting } from './messages.js';
import { prepareRun } from './rows.js';

const nothing = () => undefined;
const warn = (details: object, message: string) => console.error(message, details);
const log: RunLog = { debug: nothing, info: nothing, warn };
const tell = (news: CoordinatorNews, then = nothing) => void process.send!(news, then);

const [folder, workers, warmUpSteps, steps] = process.argv.slice(2);
process.on('disconnect', () => process.exit());
await start(folder!, { workers: Number(workers), warmUpSteps: Number(warmUpSteps), steps: Number(steps) });

/** As startRun does it, but for a journal and a report that are looked at. */
async function start(folder: string, setting: Setting): Promise<void> {
  const written = await prepareRun(folder, setting);
  const cacheDir = `${folder}/cache`;
  const taken = await takeFolder(written.output, { mode: 'new', allow: [] }, UNDISPUTED);
  const dataset = await openDataset(written, { cacheDir });
  const config = resolveRun(written, dataset.train);
  const calendar = calendarOf(trainingRowCount(dataset.train, config), config);
  const datasetDigest = dataset.train.digest;
  const opened = await openRun({ folder: taken!, config, datasetDigest, allow: [], newRunId: 'bench', log });
  const totalSteps = calendar.totalSteps;
  const stream = { write: nothing };
  const now = () => performance.now();
  const events = await openEvents(opened, config, (error) => log.warn({}, error.message));
  const report = await openRunReport({ config, totalSteps, goesOnAfter: undefined, events, stream, log, now });
  const data = await openRunData({ config, calendar, dataset, opened, recorded: new Map(), setAside: new Map(), log });
  const clock = createClock(setting);
  const { address, finished } = await drive({
    config,
    calendar,
    dataset,
    live: undefined,
    publication: undefined,
    opened: { ...opened, journal: timedJournal(opened.journal, clock) },
    data,
    report: timedReport(report, clock),
    events,
    endpoint: { host: '127.0.0.1', port: 0 },
    security: {},
    workersBefore: undefined,
    isSupervised: false,
    cacheDir,
    controlToken: undefined,
    log,
    signal: new AbortController().signal,
  });
  tell({ kind: 'started', address });
  await finished;
}

interface Clock {
  journaled(ms: number): void;
  step(record: StepRecord): void;
}

/** Tells what it measured, and ends this process, after the last step. */
function createClock({ warmUpSteps, steps }: Setting): Clock {
  const stepMs: number[] = [];
  const journalMs: number[] = [];
  const phaseMs: Record<string, number> = {};
  let before = process.cpuUsage();
  return {
    journaled: (ms) => void journalMs.push(ms),
    step({ step, seconds }) {
      if (step <= warmUpSteps) {
        before = process.cpuUsage();
        return;
      }
      stepMs.push(1000 * Object.values(seconds).reduce((sum, phase) => sum + phase, 0));
      for (const [phase, value] of Object.entries(seconds)) {
        phaseMs[phase] = (phaseMs[phase] ?? 0) + (1000 * value) / steps;
      }
      if (stepMs.length < steps) return;
      const { user, system } = process.cpuUsage(before);
      const cpuMs = (user + system) / 1000 / steps;
      const measured: Measured = { stepMs, journalMs: journalMs.slice(-steps), phaseMs, cpuMs };
      tell({ kind: 'measured', ...measured }, () => process.exit());
    },
  };
}

function timedJournal(journal: Journal, clock: Clock): Journal {
  return {
    ...journal,
    async append(record) {
      const startMs = performance.now();
      await journal.append(record);
      if (record.kind === 'commit') clock.journaled(performance.now() - startMs);
    },
  };
}

function timedReport(report: RunReport, clock: Clock): RunReport {
  return {
    ...report,
    async step(record) {
      await report.step(record);
      clock.step(record);
    },
  };
}
