/** How far a run is, how fast, and how long it will take. */
import { byId, element, setText } from './dom.js';
import { count, duration, percent, short } from './format.js';

/** What a state is called, and whether it is as it should be. */
const STATES = {
  waiting: ['waiting for workers', 'beware'],
  restoring: ['restoring', 'beware'],
  training: ['training', 'good'],
  pausing: ['pausing', 'beware'],
  paused: ['paused', 'beware'],
  saving: ['saving', 'good'],
  stopping: ['stopping', 'beware'],
  ended: ['ended', ''],
  finished: ['finished', 'good'],
  stopped: ['stopped', 'beware'],
  failed: ['failed', 'bad'],
  unfinished: ['not finished', 'beware'],
  opening: ['opening', ''],
  away: ['no connection', 'bad'],
};

/** Of a digit's. */
const COMMA_WIDTH = 0.55;

const LABELS = [
  'Time left',
  'A step takes',
  'Speed',
  'Workers',
  'Epoch',
  'Learning rate',
  'Held-out accuracy',
  'Last snapshot',
];

/** The figures of the run, each by its label. */
const figures = new Map();

export function prepareProgress() {
  for (const label of LABELS) {
    const value = element('dd', { textContent: '–' });
    figures.set(label, value);
    byId('figures').append(element('div', {}, element('dt', { textContent: label }), value));
  }
}

export function showState(state) {
  const [words, tone] = STATES[state] ?? [state, ''];
  const pill = byId('state');
  setText(pill, words);
  pill.dataset.state = state;
  pill.dataset.tone = tone;
}

/** @param latest the newest step's values, by metric. */
export function showProgress({ totalSteps }, status, latest, accuracy) {
  const { step, secondsPerStep, workers, limits, snapshotStep, state } = status;
  // Without end where rows come as long as there are some.
  const share = totalSteps > 0 ? step / totalSteps : 0;
  byId('step').style.setProperty('--digits', widthOf(count(totalSteps ?? step)));
  setText(byId('step'), count(step));
  setText(byId('total'), totalSteps === null ? 'as many as come' : count(totalSteps));
  setText(byId('percent'), totalSteps === null ? '' : percent(Math.floor(share * 1000) / 1000, 1));
  byId('bar').value = share;
  const active = workers.filter(({ state }) => state === 'active').length;
  const isOn = state === 'training' || state === 'pausing';
  const left = (totalSteps - step) * (secondsPerStep ?? Number.NaN);
  const values = {
    'Time left': totalSteps === null ? 'no end' : step >= totalSteps ? 'none' : isOn ? duration(left) : '–',
    'A step takes': duration(secondsPerStep),
    Speed: latest.tokens_per_second === undefined ? '–' : `${short(latest.tokens_per_second)} tokens/s`,
    Workers: limits
      ? `${active} (${limits.min} to ${limits.max})`
      : latest.workers === undefined
        ? '–'
        : count(latest.workers),
    Epoch: short(latest.epoch),
    'Learning rate': latest.learning_rate === undefined ? '–' : latest.learning_rate.toPrecision(3),
    'Held-out accuracy': percent(accuracy, 1),
    'Last snapshot': snapshotStep === 0 ? 'none' : `step ${count(snapshotStep)}`,
  };
  for (const [label, text] of Object.entries(values)) setText(figures.get(label), text);
  const far = totalSteps === null ? count(step) : `${Math.floor(share * 100)} %`;
  document.title = `${far} ${state} · Prospect`;
}

/** In digits: room for the last step, so that nothing moves on the way there. */
function widthOf(number) {
  return [...number].reduce((width, letter) => width + (letter === ',' ? COMMA_WIDTH : 1), 0);
}
