/** Commands for the run, as the command line gives them; the answer says what will happen, and when. */
import { command } from './api.js';
import { byId, setText } from './dom.js';
import { askToken, forgetToken, tokenOf } from './token.js';

const WHY =
  'It lies in the run’s output folder (control.token), or is what PROSPECT_TOKEN or control.tokenFile hold where the ' +
  'coordinator runs.';

export function prepareCommands() {
  for (const button of document.querySelectorAll('[data-command]')) {
    const { command: name } = button.dataset;
    button.addEventListener('click', () => (name === 'stop' ? stop() : give({ command: name })));
  }
  byId('learning-rate').addEventListener('submit', (event) => {
    event.preventDefault();
    void give({ command: 'learningRate', ...numbersOf(event.target) });
  });
  byId('limits').addEventListener('submit', (event) => {
    event.preventDefault();
    void give({ command: 'workers', ...numbersOf(event.target) });
  });
}

/** Those that would change nothing can't be pressed. */
export function allowCommands({ state }) {
  const isHeld = state === 'paused' || state === 'pausing';
  document.querySelector('[data-command=pause]').disabled = isHeld;
  document.querySelector('[data-command=resume]').disabled = !isHeld;
}

async function give(given) {
  const token = tokenOf() ?? (await askToken(`Commands are for those who have the run’s token. ${WHY}`));
  if (!token) return answer('Nothing was sent: commands take the run’s control token.', 'beware');
  const { acknowledged, error } = await command(token, given).catch(() => ({
    error: { code: 'UNREACHABLE', message: 'the coordinator cannot be reached; nothing was changed' },
  }));
  if (acknowledged) return answer(`${acknowledged.says[0].toUpperCase()}${acknowledged.says.slice(1)}.`, 'good');
  if (error.code === 'ACCESS_DENIED') forgetToken();
  answer(
    error.code === 'ACCESS_DENIED' ? `The token is not this run’s; nothing was changed. ${WHY}` : error.message,
    'bad',
  );
}

function answer(text, tone) {
  const place = byId('answer');
  place.dataset.tone = tone;
  setText(place, text);
}

function stop() {
  const dialog = byId('stop-dialog');
  dialog.returnValue = 'cancel';
  dialog.showModal();
  const closed = () => {
    if (dialog.returnValue !== 'cancel') void give({ command: 'stop', snapshot: dialog.returnValue === 'with' });
  };
  dialog.addEventListener('close', closed, { once: true });
}

/** Fields that are left empty are left out. */
function numbersOf(form) {
  const filled = [...new FormData(form)].filter(([, value]) => value !== '');
  return Object.fromEntries(filled.map(([name, value]) => [name, Number(value)]));
}
