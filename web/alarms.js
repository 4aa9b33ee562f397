/** What a person should look at, in words with what to do. Those that stay as they are aren't read out again. */
import { byId, element } from './dom.js';

const TITLES = {
  bothRewardsFalling: 'Both rewards are falling',
  saturated: 'Saturated',
  clamped: 'Reference point clamped',
  tooFewWorkers: 'Too few workers',
  rowsSetAside: 'Rows left out',
  rowsAwaited: 'Waiting for rows',
};

let shown = '';
let none;

export function showAlarms(alarms) {
  const now = JSON.stringify(alarms);
  if (now === shown) return;
  shown = now;
  none ??= byId('alarms').firstElementChild;
  const made = alarms.map(({ kind, message }) => {
    const title = TITLES[kind] ?? kind;
    return element('div', { className: 'alarm' }, element('strong', { textContent: title }), restOf(message, title));
  });
  byId('alarms').replaceChildren(...(made.length > 0 ? made : [none]));
}

/** On a terminal a message names its alarm itself. */
function restOf(message, title) {
  if (!message.startsWith(`${title}: `)) return message;
  const rest = message.slice(title.length + 2);
  return `${rest[0].toUpperCase()}${rest.slice(1)}`;
}
