/** The page: what the coordinator knows of the run, and from then on what is new. */
import { showAlarms } from './alarms.js';
import { load } from './api.js';
import { createCharts } from './charts.js';
import { allowCommands, prepareCommands } from './commands.js';
import { showComparison } from './comparison.js';
import { showConfiguration } from './configuration.js';
import { byId, setText } from './dom.js';
import { showEvaluations } from './evaluations.js';
import { follow } from './event-stream.js';
import { prepareProgress, showProgress, showState } from './progress.js';
import { prepareSamples } from './samples.js';
import { clearEvents, showEvents } from './timeline.js';
import { showWorkers } from './workers.js';

const NAMES = { kto: 'KTO', apo_zero_unpaired: 'APO-zero', sft: 'SFT', lora: 'LoRA', full: 'all weights' };

prepareProgress();
prepareCommands();
await show();

async function show() {
  const { isLive, runs } = await load('api/runs', showState);
  showParts(isLive, runs.length > 1);
  showName(runs);
  const reading = runs.map((_, i) => load(`api/timeline?run=${i}`));
  const [charts, ...timelines] = await Promise.all([createCharts(runs), ...reading]);
  if (runs.length > 1) return showMany(runs, timelines, charts);
  const view = createView(runs[0], charts);
  view.news({ events: timelines[0], status: runs[0].status });
  charts.drawNews();
  ready();
  void prepareSamples(isLive);
  if (isLive) await live(runs[0], timelines[0], charts, view);
}

/** Follows the run; when nothing can be added to what is shown, as for another run at the same address, it begins anew. */
async function live(run, timeline, charts, view) {
  const draw = () => {
    charts.drawNews();
    requestAnimationFrame(draw);
  };
  requestAnimationFrame(draw);
  let isOver = false;
  await follow('api/events', `${run.id}:${charts.last()}:${timeline.at(-1)?.sequence ?? 0}`, {
    connected: () => {
      isOver = false;
    },
    news: view.news,
    over: () => {
      isOver = true;
    },
    reset: () => location.reload(),
    away: () => !isOver && showState('away'),
  });
}

/** @returns what shows news of one run. */
function createView(run, charts) {
  let latest = charts.latest(0);
  let evaluations = [];
  clearEvents();
  showConfiguration(run.config);
  return {
    news({ steps, events, status }) {
      if (steps) {
        charts.add(steps);
        latest = Object.fromEntries(
          Object.entries(steps.values).map(([name, values]) => [name, values.at(-1) ?? undefined]),
        );
      }
      showEvents(events);
      const evaluated = events.filter(({ kind }) => kind === 'evaluation');
      if (evaluated.length > 0) {
        evaluations = [...evaluations, ...evaluated];
        showEvaluations(evaluations);
        charts.setEvaluations(evaluations);
      }
      showState(status.state);
      showAlarms(status.alarms);
      showWorkers(status.workers, performance.now());
      showProgress(run, status, latest, evaluations.at(-1)?.metrics.accuracy);
      allowCommands(status);
    },
  };
}

function showMany(runs, timelines, charts) {
  const evaluationsOf = (events) => events.filter(({ kind }) => kind === 'evaluation');
  showComparison(
    runs.map((run, i) => ({ ...run, latest: charts.latest(i), evaluations: evaluationsOf(timelines[i]) })),
  );
  byId('state').hidden = true;
  ready();
}

/** All that was there when the page was opened is shown. */
function ready() {
  document.body.dataset.ready = 'yes';
  performance.mark('ready');
}

/** What has nothing to show here is left out. */
function showParts(isLive, isMany) {
  const shown = { live: isLive, one: !isMany, many: isMany };
  for (const part of document.querySelectorAll('[data-for]')) part.hidden = !shown[part.dataset.for];
  document.querySelector('.configuration').hidden = isMany;
  document.body.dataset.shows = isLive ? 'live' : 'recorded';
}

function showName(runs) {
  const [{ name, config }] = runs;
  setText(byId('run-name'), runs.map((run) => run.name).join(' · '));
  const kind = `${NAMES[config.loss.type] ?? config.loss.type} · ${NAMES[config.method]} · ${config.model.split('/').at(-1)}`;
  setText(byId('run-kind'), runs.length > 1 ? `${runs.length} runs laid over each other` : kind);
  document.title = `${name} · Prospect`;
}
