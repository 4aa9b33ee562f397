/**
 * Server-sent events by fetch: unlike EventSource it can show a token, and tells why it is refused. After a break it
 * connects again with the place that it has got to, and misses nothing.
 */
import { withToken } from './api.js';

const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 5000;

/** @param handlers news(data), reset(), over(), connected(), away(): told as it happens. */
export async function follow(path, place, handlers) {
  let last = place;
  let retryMs = FIRST_RETRY_MS;
  for (;;) {
    try {
      const response = await fetch(path, { headers: { ...withToken(), 'last-event-id': last }, cache: 'no-store' });
      if (response.status === 401) return handlers.reset();
      if (!response.ok) throw new Error(response.statusText);
      handlers.connected();
      retryMs = FIRST_RETRY_MS;
      for await (const { event, id, data } of messagesOf(response.body)) {
        if (event === 'reset') return handlers.reset();
        if (event === 'over') handlers.over();
        else handlers.news(JSON.parse(data));
        last = id ?? last;
      }
    } catch {
      // Broken, or refused: the same is done as when it ends.
    }
    handlers.away();
    await new Promise((resolve) => setTimeout(resolve, retryMs));
    retryMs = Math.min(LAST_RETRY_MS, retryMs * 1.5);
  }
}

async function* messagesOf(body) {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let text = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    text += decoder.decode(value, { stream: true });
    const whole = text.split('\n\n');
    text = whole.pop();
    for (const message of whole) if (!message.startsWith(':')) yield fieldsOf(message);
  }
}

function fieldsOf(message) {
  return Object.fromEntries(
    message.split('\n').map((line) => [line.split(': ', 1)[0], line.slice(line.indexOf(': ') + 2)]),
  );
}
