/** One chart: lines with bands, the values at the cursor in its legend, and all that it shows in words too. */

import { element, setText } from './dom.js';
import { count, short } from './format.js';
import uPlot from './uplot/uPlot.esm.js';

const HEIGHT = 186;
const CURSOR_GROUP = uPlot.sync('steps');

/**
 * @param lines `{label, color, isDashed, values(), low?(), high?()}` each, all over the same steps.
 * @param points `{label?, read()}`: what stands for itself, as `{step, value}` each.
 * @param on `{select(from, to), cursor(index), key(event)}`
 */
export function createChart({ title, unit, lines, points, on }) {
  const values = lines.map(() => element('b', { textContent: '–' }));
  const legend = lines.map(({ label, color, isDashed }, i) =>
    element(
      'li',
      { className: isDashed ? 'dashed' : '', style: { '--color': `var(${color})` } },
      `${label} `,
      values[i],
    ),
  );
  if (points.label)
    legend.push(element('li', { className: 'point', style: { '--color': 'var(--accent)' } }, points.label));
  const plot = element('div', { className: 'plot', tabIndex: 0, attributes: { role: 'img' } });
  const empty = element('p', { className: 'empty', textContent: 'The curve begins with the first step.' });
  plot.append(empty);
  const heading = element('h3', {}, title, element('span', { className: 'quiet', textContent: unit }));
  const figure = element('section', { className: 'chart', attributes: { 'aria-label': title } }, heading);
  figure.append(element('ul', { className: 'legend' }, ...legend), plot);
  plot.setAttribute('aria-describedby', 'curves-keys');
  plot.addEventListener('keydown', on.key);

  let steps = [];
  let chart;
  let atIndex;
  const showValues = () => {
    for (const [i, line] of lines.entries()) {
      const own = line.values();
      setText(values[i], short(own[atIndex ?? own.length - 1]));
    }
  };
  const options = () => ({
    width: plot.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    scales: { x: { time: false }, y: { range: () => rangeOf(lines, points.read()) } },
    cursor: { sync: { key: CURSOR_GROUP.key }, drag: { x: true, y: false, setScale: false }, points: { size: 6 } },
    axes: [axis('x'), axis('y')],
    ...seriesOf(lines),
    hooks: {
      draw: [(drawn) => drawPoints(drawn, points.read())],
      setCursor: [
        ({ cursor }) => {
          atIndex = cursor.idx ?? undefined;
          showValues();
          on.cursor(atIndex);
        },
      ],
      setSelect: [
        (selecting) => {
          const { left, width } = selecting.select;
          if (width < 4) return;
          on.select(selecting.posToVal(left, 'x'), selecting.posToVal(left + width, 'x'));
          selecting.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
    },
  });
  return {
    figure,
    draw(newSteps) {
      steps = newSteps;
      empty.hidden = steps.length > 0;
      const data = [steps, ...lines.flatMap((line) => columnsOf(line))];
      if (chart) chart.setData(data);
      else chart = new uPlot(options(), data, plot);
      showValues();
      plot.setAttribute('aria-label', inWords(title, lines, steps));
    },
    /** Other colours, or another width. */
    redraw() {
      chart?.destroy();
      chart = undefined;
      this.draw(steps);
    },
    resize: () => chart?.setSize({ width: plot.clientWidth, height: HEIGHT }),
    moveCursor(index) {
      if (!chart || steps[index] === undefined) return;
      chart.setCursor({ left: chart.valToPos(steps[index], 'x'), top: 10 });
    },
    /** What a screen reader is told of the place of the cursor. */
    at: (index) => lines.map((line) => `${line.label} ${short(line.values()[index])}`).join(', '),
  };
}

function columnsOf({ values, low, high }) {
  return low ? [values(), high(), low()] : [values()];
}

function seriesOf(lines) {
  const series = [{}];
  const bands = [];
  for (const { color, isDashed, low } of lines) {
    const stroke = colorOf(color);
    const dash = isDashed ? { dash: [5, 4] } : {};
    series.push({ stroke, width: 2, spanGaps: true, points: { show: isAlone, size: 6, fill: stroke }, ...dash });
    if (!low) continue;
    const edge = { width: 0, stroke: 'transparent', points: { show: false } };
    series.push(edge, edge);
    bands.push({ series: [series.length - 2, series.length - 1], fill: `${stroke}2e` });
  }
  return { series, bands };
}

/** One point makes no line. */
function isAlone(chart) {
  return chart.data[0].length < 3;
}

function axis(which) {
  const grid = { stroke: colorOf('--grid'), width: 1 };
  const font = `12px ${getComputedStyle(document.body).fontFamily}`;
  const common = { stroke: colorOf('--quiet'), grid, ticks: { show: false }, font };
  if (which === 'x')
    return { ...common, size: 26, values: (_, splits) => splits.map((at) => (at % 1 ? '' : count(at))) };
  return { ...common, size: 58, values: numbered };
}

/** As many decimals as tell the numbers of an axis apart. */
function numbered(_chart, splits, _axis, _space, increment) {
  const digits = [0, 1, 2, 3, 4, 5].find((some) => Number(increment.toFixed(some)) === increment);
  if (digits === undefined) return splits.map(short);
  return splits.map((at) => (digits === 0 ? count(at) : at.toFixed(digits)));
}

/**
 * What is not extreme: a spike leaves the chart, and does not flatten it. With room above and below, also for what does not
 * change at all.
 */
function rangeOf(lines, points) {
  const ends = lines.flatMap(({ values }) => [quantile(values(), 0.005), quantile(values(), 0.995)]);
  const edges = lines.flatMap(({ low, high }) => (low ? [quantile(low(), 0.02), quantile(high(), 0.98)] : []));
  const all = [...ends, ...edges, ...points.map(({ value }) => value)];
  const values = all.filter((value) => value !== null && value !== undefined);
  if (values.length === 0) return [0, 1];
  const [bottom, top] = [Math.min(...values), Math.max(...values)];
  const room = (top - bottom) * 0.08 || Math.abs(top) * 0.1 || 0.1;
  return [bottom - room, top + room];
}

function quantile(column, share) {
  const sorted = column.filter((value) => value !== null).sort((a, b) => a - b);
  return sorted[Math.round(share * (sorted.length - 1))];
}

function drawPoints(chart, points) {
  const { ctx, bbox } = chart;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.lineWidth = 2 * devicePixelRatio;
  ctx.strokeStyle = colorOf('--accent');
  ctx.fillStyle = colorOf('--panel');
  for (const { step, value } of points) {
    ctx.beginPath();
    ctx.arc(chart.valToPos(step, 'x', true), chart.valToPos(value, 'y', true), 4 * devicePixelRatio, 0, 2 * Math.PI);
    ctx.fill();
    ctx.stroke();
  }
  ctx.restore();
}

function inWords(title, lines, steps) {
  if (steps.length === 0) return `${title}: no steps yet`;
  const each = lines.map((line) => {
    const values = line.values().filter((value) => value !== null && value !== undefined);
    if (values.length === 0) return `${line.label} has no values`;
    const [lowest, highest] = [Math.min(...values), Math.max(...values)];
    return `${line.label} from ${short(values[0])} to ${short(values.at(-1))}, between ${short(lowest)} and ${short(highest)}`;
  });
  return `${title}, steps ${count(steps[0])} to ${count(steps.at(-1))}: ${each.join('; ')}`;
}

function colorOf(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
