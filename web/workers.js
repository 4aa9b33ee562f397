/** Who computes, what, and how fast. One that is gone stays in the table for a while: that is what a person looks for. */
import { byId, element, tableRow } from './dom.js';
import { count, percent } from './format.js';

const TONES = { active: 'good', leaving: 'beware', lost: 'bad' };
/** What a worker is called that is about to take part. */
const STATES = { following: 'up to date', ready: 'ready', healing: 'getting the state', loading: 'loading' };
const GONE_MS = 60_000;

/** Worker and when it was gone, by id. */
const gone = new Map();
let before = [];

export function showWorkers(workers, nowMs) {
  for (const worker of before) {
    if (!workers.some(({ id }) => id === worker.id)) gone.set(worker.id, { worker, atMs: nowMs });
  }
  before = workers;
  for (const [id, { atMs }] of gone) {
    if (nowMs - atMs > GONE_MS || workers.some((worker) => worker.id === id)) gone.delete(id);
  }
  const lost = [...gone.values()].map(({ worker }) => ({ id: worker.id, state: 'lost', phase: '' }));
  const rows = [...workers, ...lost].map(rowOf);
  byId('no-workers').hidden = rows.length > 0;
  byId('workers').replaceChildren(...rows);
}

function rowOf({ id, state, phase, share, tokensPerSecond }) {
  const row = tableRow([
    id,
    { text: STATES[state] ?? state, tone: TONES[state] },
    phase,
    { text: percent(share), isNumber: true },
    { text: tokensPerSecond === undefined ? '–' : count(tokensPerSecond), isNumber: true },
  ]);
  if (share !== undefined) {
    const bar = element('progress', {
      className: 'share',
      max: 1,
      value: share,
      attributes: { 'aria-hidden': 'true' },
    });
    row.children[3].replaceChildren(bar, element('span', { textContent: percent(share) }));
  }
  return row;
}
