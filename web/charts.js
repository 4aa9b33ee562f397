/** All charts of the page: over the same steps, with one cursor, looked closer at together. */
import { load } from './api.js';
import { createChart } from './chart.js';
import { CHARTS, RUN_COLORS } from './chart-list.js';
import { BUCKETS, createCurveData } from './curve-data.js';
import { byId, setText } from './dom.js';
import { count } from './format.js';

/** Half of what is seen, or twice as much. */
const ZOOM = 2;

/** @param runs as the coordinator tells them; several are laid over each other. */
export async function createCharts(runs) {
  let data = [];
  let zoom;
  let evaluations = [];
  let cursorIndex;
  let isDirty = false;

  const read = async () => {
    const range = zoom ? `&from=${zoom.from}&to=${zoom.to}` : '';
    const paths = runs.map((_, i) => `api/curves?run=${i}&buckets=${BUCKETS}${range}`);
    data = (await Promise.all(paths.map((path) => load(path)))).map(createCurveData);
    showRange();
    draw();
  };
  const stepsOf = () => data.reduce((longest, { steps }) => (steps.length > longest.length ? steps : longest), []);
  const draw = () => {
    isDirty = false;
    for (const chart of charts) chart.draw(stepsOf());
  };
  const look = (from, to) => {
    const last = longestOf(runs);
    const wanted = { from: Math.max(1, Math.round(from)), to: Math.min(last, Math.round(to)) };
    zoom = wanted.to - wanted.from < 1 || (wanted.from === 1 && wanted.to === last) ? undefined : wanted;
    return read();
  };
  const showRange = () => {
    const text = zoom ? `Steps ${count(zoom.from)} to ${count(zoom.to)}` : 'Drag over a curve to look closer.';
    setText(byId('range'), text);
    byId('whole').disabled = !zoom;
  };
  const key = (event, chart) => {
    const steps = stepsOf();
    const at = cursorIndex ?? steps.length - 1;
    const page = Math.max(1, Math.round(steps.length / 10));
    const moves = {
      ArrowLeft: at - 1,
      ArrowRight: at + 1,
      PageUp: at - page,
      PageDown: at + page,
      Home: 0,
      End: steps.length - 1,
    };
    if (event.key in moves) {
      cursorIndex = Math.min(steps.length - 1, Math.max(0, moves[event.key]));
      chart.moveCursor(cursorIndex);
      setText(byId('at-cursor'), `Step ${count(steps[cursorIndex])}: ${chart.at(cursorIndex)}`);
    } else if (event.key === '0' || event.key === 'Escape') void look(1, Number.POSITIVE_INFINITY);
    else if ('+=-'.includes(event.key)) {
      const [from, to] = [steps[0], steps.at(-1)];
      const half = ((to - from) / 2) * (event.key === '-' ? ZOOM : 1 / ZOOM);
      void look(steps[at] - half, steps[at] + half);
    } else return;
    event.preventDefault();
  };

  const charts = CHARTS.map((spec) => {
    const on = {
      select: look,
      cursor: (index) => {
        cursorIndex = index ?? cursorIndex;
      },
      key: (event) => key(event, chart),
    };
    const isPointed = spec.evaluation !== undefined && runs.length === 1;
    const points = isPointed
      ? { label: 'held-out rows', read: () => pointsOf(evaluations, spec.evaluation) }
      : { read: () => [] };
    const chart = createChart({ ...spec, lines: linesOf(spec, runs, () => data), points, on });
    return chart;
  });
  const place = byId('charts');
  place.classList.toggle('many', runs.length > 1);
  place.replaceChildren(...charts.map(({ figure }) => figure));
  byId('whole').onclick = () => look(1, Number.POSITIVE_INFINITY);
  matchMedia('(prefers-color-scheme: dark)').onchange = () => {
    for (const chart of charts) chart.redraw();
  };
  new ResizeObserver(() => {
    for (const chart of charts) chart.resize();
  }).observe(place);
  await read();

  return {
    read,
    /** Last step of the first run that is shown, or known. */
    last: () => runs[0].lastStep,
    /** The newest values of a run, by metric. */
    latest: (run) => latestOf(data[run]),
    setEvaluations(all) {
      evaluations = all;
      isDirty = true;
    },
    /** New steps of the only run. */
    add(news) {
      runs[0].lastStep = news.from + news.values.loss.length - 1;
      if (zoom) return;
      data[0].add(news);
      if (data[0].isFull()) void read();
      isDirty = true;
    },
    /** At most once a frame, and not while nobody looks. */
    drawNews: () => isDirty && draw(),
  };
}

function linesOf({ curves }, runs, data) {
  if (runs.length === 1) {
    return curves.map(({ name, band, bandLabel = '', label, ...how }) => ({
      ...how,
      label: label + bandLabel,
      values: () => data()[0]?.curves[name].mean ?? [],
      ...(band && { low: () => data()[0]?.curves[band].low ?? [], high: () => data()[0]?.curves[band].high ?? [] }),
    }));
  }
  return runs.flatMap((run, i) =>
    curves.map(({ name, label, isDashed }) => ({
      label: curves.length > 1 ? `${run.name} ${label}` : run.name,
      color: RUN_COLORS[i % RUN_COLORS.length],
      isDashed,
      values: () => data()[i]?.curves[name].mean ?? [],
    })),
  );
}

function pointsOf(evaluations, name) {
  return evaluations.map(({ step, metrics }) => ({ step, value: metrics[name] })).filter(({ value }) => value !== null);
}

function latestOf({ curves }) {
  return Object.fromEntries(Object.entries(curves).map(([name, { mean }]) => [name, mean.at(-1) ?? undefined]));
}

function longestOf(runs) {
  return Math.max(...runs.map(({ lastStep }) => lastStep));
}
