/** What a snapshot answers to the run's prompts, beside the base model's answers. */
import { load } from './api.js';
import { byId, element } from './dom.js';
import { count } from './format.js';

const LOOK_MS = 5000;

let samples = [];

/** @param isLive looks for new ones as long as the page is open. */
export async function prepareSamples(isLive) {
  byId('sample-step').addEventListener('change', show);
  await look();
  if (isLive) setInterval(() => document.hidden || look(), LOOK_MS);
}

async function look() {
  const now = await load('api/samples');
  if (now.length === samples.length) return;
  const isNewest = byId('sample-step').selectedIndex <= 0;
  const chosen = byId('sample-step').value;
  samples = now;
  const steps = samples
    .toReversed()
    .map(({ step }) => element('option', { value: step, textContent: `step ${count(step)}` }));
  byId('sample-step').replaceChildren(...steps);
  if (!isNewest) byId('sample-step').value = chosen;
  show();
}

function show() {
  const sample = samples.findLast(({ step }) => String(step) === byId('sample-step').value);
  byId('no-samples').hidden = sample !== undefined;
  byId('sample-step').disabled = !sample;
  const rows = (sample?.prompts ?? []).map((prompt, i) =>
    element(
      'tr',
      {},
      element('th', { scope: 'row', textContent: prompt }),
      element('td', { textContent: textOf(sample.base[i]) }),
      element('td', { textContent: textOf(sample.answers[i]) }),
    ),
  );
  byId('samples').replaceChildren(...rows);
}

function textOf(answer) {
  return answer.trim() || '(nothing)';
}
