/** What happened, oldest first; the end stays in sight, unless somebody reads further up. */
import { byId, element } from './dom.js';
import { wordsOf } from './event-words.js';
import { clock } from './format.js';

const MOST_SHOWN = 500;
/** As far from the end as this it still counts as there, pixels. */
const NEAR_PIXELS = 40;

export function showEvents(events) {
  if (events.length === 0) return;
  const list = byId('timeline');
  const isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < NEAR_PIXELS;
  list.append(...events.slice(-MOST_SHOWN).map(itemOf));
  while (list.children.length > MOST_SHOWN) list.firstElementChild.remove();
  if (isAtEnd) list.scrollTop = list.scrollHeight;
}

export function clearEvents() {
  byId('timeline').replaceChildren();
}

function itemOf(event) {
  const { text, tone } = wordsOf(event);
  const time = element('time', { dateTime: event.time, title: event.time, textContent: clock(event.time) });
  return element(
    'li',
    { data: { tone: tone || undefined, kind: event.kind } },
    time,
    element('span', { textContent: text }),
  );
}
